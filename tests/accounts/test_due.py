from datetime import date

import pytest
from django.db.models import OuterRef

from accounts import due
from accounts.due import Due, due_from, due_source, due_source_where
from accounts.models import User
from cannonworks.isolation import acting_as, of
from tests.factories import ColleagueFactory


@pytest.fixture
def sources(monkeypatch):
    monkeypatch.setattr(due, "_sources", {})


def test_what_ends_first_stands_first_and_what_never_ends_last(sources):
    day = date(2026, 11, 22)
    due_source(lambda user, on: [Due("later", "/l/", by=date(2026, 12, 1)), Due("some day", "/s/")])
    soon = due_source(lambda user, on: [Due("soon", "/n/", by=on)])
    due_source(soon)
    assert [each.title for each in due_from(None, on=day)] == ["soon", "later", "some day"]


@pytest.mark.django_db
def test_a_source_is_asked_where_its_probe_finds_a_row(sources, account, outsider, django_assert_num_queries):
    day, asked = date(2026, 11, 22), []

    def colleagues():
        return User.objects.filter(account=OuterRef("pk"), is_main=False)

    def source(user, on):
        asked.append(user)
        return [Due("greet them", "/g/")]

    due_source_where(colleagues)(source)
    due_source_where(lambda: User.objects.none())(lambda user, on: pytest.fail("nothing was found"))
    due_source(lambda user, on: [Due("always", "/a/", by=on)])
    ColleagueFactory(account=account)
    for user, titles in ((account.main_user, ["always", "greet them"]), (outsider, ["always"])):
        with acting_as(of(user)), django_assert_num_queries(1):
            assert [each.title for each in due_from(user, on=day)] == titles
    assert asked == [account.main_user]
