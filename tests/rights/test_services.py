"""Registered letters: recorded by one member of staff, confirmed by another, and then the account is due (§5.5, §6)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import transaction

from accounts import services as lifecycle
from accounts.models import Account
from accounts.states import State
from cannonworks.celery import app
from cannonworks.errors import Refused
from journal.models import Entry
from rights.models import RegisteredLetter
from rights.services import confirm_letter, record_letter
from tests.lives import account_in, confirmed_letter, erase, letter

pytestmark = [pytest.mark.django_db, pytest.mark.clause("5.5", "6")]
ON = date(2026, 2, 28)
DAY = timedelta(days=1)


def code(service, *args, **kwargs) -> str:
    before = list(RegisteredLetter.objects.values()), list(Account.objects.values()), Entry.objects.count()
    with pytest.raises(Refused) as caught, transaction.atomic():
        service(*args, **kwargs)
    assert (list(RegisteredLetter.objects.values()), list(Account.objects.values()), Entry.objects.count()) == before
    return caught.value.code


def record(account, *, actor, code="?"):
    return record_letter(
        account, actor=actor, code=code, carrier_number="3S1", received_on=ON, identity_check="compared"
    )


@pytest.fixture
def cancelled(db) -> Account:
    return account_in(State.CANCELLED, on=ON)


def test_a_letter_is_recorded_for_the_request_whose_code_it_bears(cancelled, staff, outsider):
    assert code(record, cancelled, actor=staff) == "no_request"
    request = lifecycle.request_erasure(cancelled, actor=cancelled.main_user, on=ON)
    assert code(record, cancelled, actor=staff, code="CW-2222-2222") == "other_code"
    for actor in (cancelled.main_user, outsider):
        assert code(record, cancelled, actor=actor, code=request.code) == "not_staff"
    found = record(cancelled, actor=staff, code=f" {request.code.lower()} ")
    assert (found.request, found.recorded_by, found.confirmed_on) == (request, staff, None)
    assert code(record, cancelled, actor=staff, code=request.code) == "letter_known"


def test_codes_can_be_read_from_paper_and_do_not_repeat():
    codes = {letter(account_in(State.LAPSED, on=ON), on=ON).request.code for _n in range(20)}
    assert len(codes) == 20
    assert {len(code) for code in codes} == {12}
    assert not set("".join(codes)) & set("01IO")


def test_a_second_member_of_staff_confirms(cancelled, staff, second):
    recorded = letter(cancelled, on=ON, clerk=staff)
    assert code(confirm_letter, recorded, actor=staff, on=ON) == "second_person"
    for actor in (cancelled.main_user,):
        assert code(confirm_letter, recorded, actor=actor, on=ON) == "not_staff"
    confirm_letter(recorded, actor=second, on=ON + DAY)
    recorded.refresh_from_db()
    assert (recorded.confirmed_by, recorded.confirmed_on, recorded.request.granted_on) == (second, ON + DAY, ON + DAY)
    assert code(confirm_letter, recorded, actor=second, on=ON + DAY) == "letter_confirmed"
    cancelled.refresh_from_db()
    assert (cancelled.ordered_on, cancelled.erase_on, cancelled.warn_on) == (ON + DAY, ON + DAY, None)


def test_a_recorded_letter_counts_for_nothing_yet(cancelled, staff):
    letter(cancelled, on=ON, clerk=staff)
    assert erase(cancelled, on=ON + DAY).state == State.CANCELLED
    lifecycle.withdraw_erasure(cancelled, actor=cancelled.main_user, on=ON + DAY)


@pytest.mark.parametrize("how", ["withdrawn", "reactivated"])
def test_a_letter_whose_request_was_taken_back_cannot_be_confirmed(cancelled, staff, second, how):
    recorded = letter(cancelled, on=ON, clerk=staff)
    if how == "withdrawn":
        lifecycle.withdraw_erasure(cancelled, actor=cancelled.main_user, on=ON)
        assert code(confirm_letter, recorded, actor=second, on=ON) == "no_request"
    else:
        lifecycle.reactivate_account(cancelled, actor=cancelled.main_user, on=ON)
        assert code(confirm_letter, recorded, actor=second, on=ON) == "still_active"


@pytest.mark.django_db(transaction=True)
def test_confirming_sends_word_to_the_workers_once_it_is_committed(cancelled):
    with app.connection_for_read() as connection:
        app.control.purge()
        confirmed_letter(cancelled, on=ON)
        queue = connection.SimpleQueue("celery")
        message = queue.get(timeout=10)
        assert (message.headers["task"], message.payload[0]) == ("retention.tasks.erase_account", [cancelled.pk])
        message.ack()


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_does_not_undo_the_confirmation(cancelled, monkeypatch):
    def away(*_args, **_kwargs):
        raise ConnectionError("the broker is away")

    monkeypatch.setattr(app, "send_task", away)
    confirmed_letter(cancelled, on=ON)
    assert Account.objects.due(ON).count() == 1  # the next sweep sees it
