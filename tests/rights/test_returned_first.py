"""The holder asked for erasure and for the data: the data comes first, and then everything goes at once (§6)."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from django.db import connection, transaction

from accounts import outbox
from accounts import services as lifecycle
from accounts.models import Account
from accounts.states import State
from cannonworks import isolation
from cannonworks.errors import Refused
from journal.models import Entry
from rights.models import DataReturn, RegisteredLetter
from rights.services import confirm_letter, order_after_return, order_waiting
from tests.factories import StaffFactory
from tests.lives import account_in, erase, letter, moment

pytestmark = [pytest.mark.django_db, pytest.mark.clause("5.5", "6")]
ON = date(2026, 2, 28)
AT = moment(ON)
DAY, INSTANT = timedelta(days=1), timedelta(microseconds=1)


def returned(account, *, state="queued", at=AT, **more) -> DataReturn:
    moments = {"ready_at": at, "expires_at": at + 14 * DAY} if state == "ready" else {}
    why = {"why": "no room"} if state == "stopped" else {}
    return DataReturn.objects.create(
        account=account, asked_by=account.main_user.reference, asked_at=at, due_at=at + 15 * DAY, moved_at=at,
        state=state, **{**moments, **why, **more},
    )  # fmt: skip


def confirmed(state="ready", **more) -> tuple[RegisteredLetter, DataReturn]:
    account = account_in(State.CANCELLED, on=ON)
    found = returned(account, state=state, **more)
    return confirm_letter(letter(account, on=ON), actor=StaffFactory(), on=ON, at=AT), found


def ordered_on(row: RegisteredLetter) -> date | None:
    return Account.objects.get(pk=row.account_id).ordered_on


@pytest.mark.parametrize("state", ["queued", "running", "stopped", "ready"])
def test_a_confirmed_letter_waits_for_what_is_under_way_or_ready(state):
    found, _data = confirmed(state)
    assert (found.confirmed_on, ordered_on(found), found.waits_for_return) == (ON, None, True)
    assert list(RegisteredLetter.objects.confirmed_not_ordered()) == [found]
    assert Entry.objects.filter(event="letter.waits").count() == 1
    assert erase(found.account, on=ON).state == State.CANCELLED
    assert [order_waiting(at=AT), ordered_on(found)] == [0, None]


@pytest.mark.parametrize(
    "over", [{"state": "ready", "taken_at": AT}, {"state": "cancelled"}, {"state": "expired"},
             {"state": "ready", "expires_at": AT}]
)  # fmt: skip
def test_a_return_that_is_over_delays_nothing(over):
    found, _data = confirmed(**over)
    assert ordered_on(found) == ON


def test_once_it_is_taken_the_account_is_due_at_once_and_once():
    found, data = confirmed()
    data.taken_at = AT + 2 * DAY
    data.save()
    assert [order_waiting(at=AT + 2 * DAY), order_waiting(at=AT + 2 * DAY)] == [1, 0]
    assert ordered_on(found) == ON + 2 * DAY
    assert Entry.objects.filter(event="erasure.ordered").count() == 1
    assert erase(found.account, on=ON + 2 * DAY).state == State.ERASED


def test_what_nobody_takes_is_waited_for_until_its_very_end():
    found, data = confirmed()
    assert [order_waiting(at=data.expires_at - INSTANT), ordered_on(found)] == [0, None]
    assert [order_waiting(at=data.expires_at), ordered_on(found)] == [1, date(2026, 3, 14)]


@pytest.mark.parametrize("back", ["withdrawn", "reactivated"])
def test_until_then_the_holder_can_take_it_back(back):
    found, data = confirmed()
    account, user = found.account, found.account.main_user
    if back == "withdrawn":
        lifecycle.withdraw_erasure(account, actor=user, on=ON + DAY)
    else:
        lifecycle.reactivate_account(account, actor=user, on=ON + DAY)
    assert [order_waiting(at=data.expires_at), ordered_on(found)] == [0, None]
    found.refresh_from_db()
    assert not found.waits_for_return
    assert not RegisteredLetter.objects.waiting().exists()


def test_a_letter_whose_request_was_taken_back_does_not_wait_either(staff, second):
    account = account_in(State.CANCELLED, on=ON)
    returned(account)
    found = letter(account, on=ON, clerk=staff)
    lifecycle.withdraw_erasure(account, actor=account.main_user, on=ON)
    with pytest.raises(Refused) as caught, transaction.atomic():
        confirm_letter(found, actor=second, on=ON, at=AT)
    assert caught.value.code == "no_request"
    assert RegisteredLetter.objects.get().confirmed_on is None


def test_the_holder_is_told_that_it_waits(post_office):
    found, _data = confirmed()
    assert outbox.send_waiting(at=AT) == 1
    assert found.request.code in post_office.letters[0]["Subject"]


def test_nothing_is_ordered_of_an_account_without_a_waiting_letter():
    account = account_in(State.CANCELLED, on=ON)
    assert not order_after_return(account, at=AT)
    letter(account, on=ON)
    assert not order_after_return(account, at=AT)
    gone = account_in(State.ERASED, on=ON)
    assert not order_after_return(gone, at=AT)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.django_db(transaction=True)
def test_withdrawing_and_ordering_at_once_one_wins(seed):
    found, data = confirmed()
    account, user = found.account, found.account.main_user
    DataReturn.objects.filter(pk=data.pk).update(taken_at=AT)
    answers = together(
        lambda: lifecycle.withdraw_erasure(account, actor=user, on=ON), lambda: order_after_return(account, at=AT)
    )
    found.request.refresh_from_db()
    withdrawn, granted = found.request.withdrawn_on is not None, found.request.granted_on is not None
    assert (withdrawn ^ granted, ordered_on(found) is not None) == (True, granted), answers


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.django_db(transaction=True)
def test_taking_the_data_while_staff_confirm_loses_no_order(seed):
    """Whoever is first: the letter is confirmed, and after one run of the beat the account is due."""
    account = account_in(State.CANCELLED, on=ON)
    data, found, second = returned(account, state="ready"), letter(account, on=ON), StaffFactory()

    def take() -> None:
        with transaction.atomic():
            row = DataReturn.objects.select_for_update().get(pk=data.pk)
            row.taken_at = AT
            row.save(update_fields=["taken_at"])

    together(take, lambda: confirm_letter(found, actor=second, on=ON, at=AT), lambda: order_waiting(at=AT))
    found.refresh_from_db()
    assert found.confirmed_on == ON
    order_waiting(at=AT)
    assert ordered_on(found) == ON
    assert Entry.objects.filter(event="erasure.ordered").count() == 1


def together(*acts) -> list[str]:
    """Each act on a connection of its own, all at once."""
    answers, gate = [], threading.Barrier(len(acts))

    def run(act):
        try:
            with isolation.acting_as(isolation.JOBS):
                gate.wait(10)
                act()
                answers.append("done")
        except Refused as refused:
            answers.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers
