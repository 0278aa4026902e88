"""Questions whose SQL is made once."""

from __future__ import annotations

import pytest
from django.db.models import Exists, OuterRef

from accounts.models import Company, User
from cannonworks.readymade import KEY, Readymade
from tests.factories import AccountFactory, ColleagueFactory

pytestmark = pytest.mark.django_db


def test_a_row_comes_with_its_annotations_and_its_statement_is_made_once(django_assert_num_queries):
    made = []

    def rows(key):
        made.append(key)
        colleagues = User.objects.filter(account=OuterRef("account"), is_main=False)
        return Company.objects.filter(account=key, company_name__contains="%").annotate(is_shared=Exists(colleagues))

    asked = Readymade(rows)
    first, second = (AccountFactory(company__company_name=name).company for name in ("1%", "2%"))
    ColleagueFactory(account=first.account)
    with django_assert_num_queries(3):
        found = [asked.row(key) for key in (first.account_id, second.account_id, None)]
    assert found == [first, second, None]
    assert [row.is_shared for row in found[:2]] == [True, False]
    assert found[1].company_name == "2%"
    assert made == [KEY]
