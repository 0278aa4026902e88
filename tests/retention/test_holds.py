"""Holds: by two people, with a ground and a review within the year; released, what they deferred goes (§5)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import Account
from accounts.states import State
from cannonworks.errors import Refused
from journal.models import Entry
from retention.holds import confirm_hold, place_hold, release_hold
from retention.models import Ground, Hold
from tests.lives import CANCELLED_ON, DUE_ON, EVERYTHING, account_in, erase, full_life, hold, moment

pytestmark = [pytest.mark.django_db, pytest.mark.clause("5 hold")]
DAY = timedelta(days=1)
GOOD = {
    "name": "Geschil",
    "categories": ["relations"],
    "ground": Ground.STATUTORY,
    "basis": "AWR 52",
    "proportionality": "Niet meer.",
}


@pytest.fixture
def cancelled(db) -> Account:
    return account_in(State.CANCELLED, on=CANCELLED_ON)


def code(service, *args, **kwargs) -> str:
    before = list(Hold.objects.values()), list(Account.objects.values()), Entry.objects.count()
    with pytest.raises(Refused) as caught, transaction.atomic():
        service(*args, **kwargs)
    assert (list(Hold.objects.values()), list(Account.objects.values()), Entry.objects.count()) == before
    return caught.value.code


def place(account, actor, **fields) -> Hold:
    return place_hold(account, actor=actor, **{**GOOD, "on": CANCELLED_ON, **fields})


def test_a_hold_counts_when_a_second_member_of_staff_confirms_it(cancelled, staff, second, outsider):
    placed = place(cancelled, staff)
    assert (list(Hold.objects.active()), list(Hold.objects.to_confirm())) == ([], [placed])
    assert code(confirm_hold, placed, actor=staff, on=CANCELLED_ON) == "second_person"
    assert code(confirm_hold, placed, actor=outsider, on=CANCELLED_ON) == "not_staff"
    confirm_hold(placed, actor=second, on=CANCELLED_ON)
    assert (list(Hold.objects.active()), list(Hold.objects.to_confirm())) == ([placed], [])
    assert code(confirm_hold, placed, actor=second, on=CANCELLED_ON) == "hold_settled"
    events = Entry.objects.filter(event__startswith="hold.").order_by("id")
    assert list(events.values_list("event", "actor_reference")) == [
        ("hold.placed", staff.reference), ("hold.confirmed", second.reference),
    ]  # fmt: skip


def test_only_staff_place_and_release(cancelled, staff, outsider):
    placed = place(cancelled, staff)
    for actor in (outsider, cancelled.main_user):
        assert code(place, cancelled, actor, name="Ander") == "not_staff"
        assert code(release_hold, placed, actor=actor, on=CANCELLED_ON) == "not_staff"


@pytest.mark.parametrize(
    ("review_on", "goes"),
    [
        (CANCELLED_ON, False),
        (CANCELLED_ON + DAY, True),
        (date(2027, 2, 28), True),
        (date(2027, 3, 1), False),
        (None, True),
    ],
)
def test_the_review_lies_within_a_year(cancelled, staff, review_on, goes):
    if goes:
        assert place(cancelled, staff, review_on=review_on).review_on == (review_on or date(2027, 2, 28))
    else:
        assert code(place, cancelled, staff, review_on=review_on) == "review_date"


@pytest.mark.parametrize(
    "fields", [{"basis": ""}, {"proportionality": ""}, {"name": ""}, {"ground": "because"}, {"categories": []}]
)
def test_a_hold_says_why_or_is_not_placed(cancelled, staff, fields):
    with pytest.raises(ValidationError), transaction.atomic():
        place(cancelled, staff, **fields)
    assert Hold.objects.count() == 0


def test_an_unknown_category_is_no_category(cancelled, staff):
    with pytest.raises(ValueError, match="everything"):
        place(cancelled, staff, categories=["everything"])


def test_a_name_stands_once_on_an_account_while_its_hold_does(cancelled, staff):
    placed = place(cancelled, staff)
    assert code(place, cancelled, staff) == "hold_name"
    release_hold(placed, actor=staff, on=CANCELLED_ON)
    assert code(release_hold, placed, actor=staff, on=CANCELLED_ON) == "hold_released"
    place(cancelled, staff)


def test_a_released_proposal_cannot_be_confirmed(cancelled, staff, second):
    placed = place(cancelled, staff)
    release_hold(placed, actor=staff, on=CANCELLED_ON)
    assert code(confirm_hold, placed, actor=second, on=CANCELLED_ON) == "hold_settled"


def test_what_is_being_erased_or_has_been_cannot_be_held(staff, second):
    account = full_life()
    placed = place(account, staff)
    Account.objects.filter(pk=account.pk).update(claimed_at=moment(DUE_ON))
    assert code(place, account, staff, name="Ander") == "being_erased"
    assert code(confirm_hold, placed, actor=second, on=DUE_ON) == "being_erased"
    Account.objects.filter(pk=account.pk).update(claimed_at=None)
    account = erase(account, on=DUE_ON)
    assert code(confirm_hold, placed, actor=second, on=DUE_ON) == "already_erased"
    assert code(place, account, staff, name="Ander") == "already_erased"
    assert place(account, staff, name="Ander", categories=["bookkeeping", "evidence"]).pk


def test_a_release_lets_the_sweep_look_again(cancelled, staff):
    held = hold(cancelled, EVERYTHING, on=CANCELLED_ON)
    erase(cancelled, on=DUE_ON)
    cancelled.refresh_from_db()
    assert cancelled.held_since == DUE_ON
    assert not Account.objects.due(DUE_ON).exists()
    release_hold(held, actor=staff, on=DUE_ON + DAY)
    assert Account.objects.due(DUE_ON + DAY).get() == cancelled
    assert erase(cancelled, on=DUE_ON + DAY).state == State.ERASED


def test_a_release_in_part_lets_that_part_go(cancelled, staff):
    hold(cancelled, ["relations"], on=CANCELLED_ON, name="a")
    other = hold(cancelled, EVERYTHING, on=CANCELLED_ON, name="b")
    erase(cancelled, on=DUE_ON)
    release_hold(other, actor=staff, on=DUE_ON + DAY)
    account = erase(cancelled, on=DUE_ON + DAY)
    assert (account.state, account.deferred) == (State.ERASED, ["relations"])
