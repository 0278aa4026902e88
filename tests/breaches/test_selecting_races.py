"""Two who choose accounts at once, and an account that is claimed for erasure meanwhile (§13)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import Account
from accounts.states import State
from breaches.criteria import Criteria
from breaches.models import Affected, Selection
from breaches.registering import notice_breach
from breaches.selecting import Different, freeze, preview
from cannonworks.errors import Refused
from tests.breached import NOTICED_AT, breach
from tests.factories import AccountFactory, StaffFactory
from tests.processes import Beside, beside

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("13"), pytest.mark.timeout(60)]
AT = NOTICED_AT + timedelta(hours=1)
EVERYBODY = Criteria(categories=("account",))


@pytest.fixture
def clerk():
    return StaffFactory()


def chosen(row, clerk, **more):
    return lambda: freeze(row, EVERYBODY, actor=clerk, at=AT, reason="", **more).added


def test_of_two_who_freeze_the_same_one_adds_them(clerk):
    AccountFactory(), AccountFactory()
    row = breach()
    seen = preview(EVERYBODY, row, actor=clerk).digest
    added, other = beside(chosen(row, clerk, seen=seen), chosen(row, clerk, seen=seen))
    with pytest.raises(Different):
        other.result()
    assert (added, Affected.objects.count(), Selection.objects.count()) == (2, 2, 1)
    with pytest.raises(Refused) as refused:
        chosen(row, clerk)()
    assert refused.value.code == "nobody_new"


def test_who_is_claimed_for_erasure_meanwhile_is_not_put_on_the_list(clerk):
    stays, goes = AccountFactory(), AccountFactory(state=State.CANCELLED)
    row = breach()

    def claim():
        claimed = Account.objects.select_for_update().get(pk=goes.pk)
        claimed.claimed_at = timezone.now()
        claimed.save(update_fields=["claimed_at"])

    _claimed, other = beside(claim, chosen(row, clerk))
    assert other.result() == 1
    assert [each.account_id for each in Affected.objects.all()] == [stays.pk]


@transaction.atomic
def claimable() -> list[Account]:
    """As the erasure claims: passing by whoever is locked."""
    return list(Account.objects.select_for_update(skip_locked=True))


def test_who_is_put_on_the_list_is_not_claimed_before_that_is_done(clerk):
    account, row = AccountFactory(state=State.CANCELLED), breach()
    with transaction.atomic():
        chosen(row, clerk)()
        free = Beside(claimable).result()
    assert (free, claimable()) == ([], [account])


def test_of_two_breaches_entered_at_once_each_has_a_number(clerk):
    said = {"kind": "leak", "title_en": "x", "noticed_at": NOTICED_AT, "noticed_by": "CISO"}
    first, other = beside(
        lambda: notice_breach(clerk, AT, title_nl="Een", **said).number,
        lambda: notice_breach(clerk, AT, title_nl="Twee", **said).number,
    )
    assert (first, other.result()) == (1, 2)
