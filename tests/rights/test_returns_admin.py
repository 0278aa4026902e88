"""Staff see how far returns are and make one go on; nothing of what is in it (§6)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import get_resolver
from django.utils import timezone

from journal.models import Entry
from rights.models import DataReturn
from rights.states import ReturnState
from tests.cast import member
from tests.factories import AccountFactory
from tests.rights.returns import asked, in_state, made

pytestmark = [pytest.mark.django_db, pytest.mark.clause("6")]
LIST = "/admin/rights/datareturn/"


def test_the_list_tells_state_clock_and_progress(client, account):
    at = timezone.now()
    found = in_state(account, ReturnState.STOPPED, at=at - timedelta(days=20))
    client.force_login(member("Support"))
    client.cookies["django_language"] = "en"
    page = client.get(LIST).content.decode()
    for words in (str(found), account.company.company_name, "Stopped", "the term is over", "our side"):
        assert words in page
    fine = asked(AccountFactory(), at=at)
    found_by = {value: [*client.get(LIST, {"clock": value}).context["cl"].queryset] for value in ("late", "open")}
    assert found_by == {"late": [found], "open": [fine, found]}
    assert [*client.post(LIST, {"q": str(fine.reference)[:8]}, follow=True).context["cl"].queryset] == [fine]


def test_support_makes_one_go_on_and_the_journal_says_who(client, account):
    found = in_state(account, ReturnState.STOPPED, at=timezone.now())
    support = member("Support")
    client.force_login(support)
    client.cookies["django_language"] = "en"
    assert "Go on with it" in client.get(f"{LIST}{found.pk}/change/").content.decode()
    assert client.get(f"{LIST}{found.pk}/resume/").status_code == 200
    found.refresh_from_db()
    assert found.state == "stopped"  # looking does nothing
    assert client.post(f"{LIST}{found.pk}/resume/").status_code == 302
    found.refresh_from_db()
    assert (found.state, found.why) == ("queued", "")
    entry = Entry.objects.get(event="return.resumed")
    assert entry.actor_reference == support.reference
    assert client.get(f"{LIST}{found.pk}/change/").context["actions_detail"] == []


def test_who_has_nothing_to_do_with_it_sees_nothing(client, account):
    found = in_state(account, ReturnState.STOPPED, at=timezone.now())
    client.force_login(member("Finance"))
    assert client.get(LIST).status_code == 403
    assert client.post(f"{LIST}{found.pk}/resume/").status_code == 403
    found.refresh_from_db()
    assert found.state == "stopped"


def test_there_is_no_door_to_the_archive_for_staff(client, account, staff):
    found = made(account, at=timezone.now())
    client.force_login(staff)
    page = client.get(f"{LIST}{found.pk}/change/").content.decode()
    assert ".zip" not in page
    names = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    assert {name for name in names if "archive" in name} == {"export-archive", "api-return-archive"}
    assert client.get(f"/my-data/export/{found.reference}/archive.zip").url == "/admin/"
    assert DataReturn.objects.get().taken_at is None


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_whatever_its_length(client, staff, asks, count):
    for _i in range(count):
        asked(AccountFactory(), at=timezone.now())
    client.force_login(staff)
    client.get(LIST)
    with asks(4):
        client.get(LIST)
