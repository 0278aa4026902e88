"""Reading and acknowledging what an account was told of a breach, in any state, by anybody of it (§13)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts.due import due_from
from accounts.models import Account
from accounts.states import State
from breaches import reading
from breaches.clock import own_clock
from breaches.models import Affected, Notice
from cannonworks import isolation
from cannonworks.deadlines import AMSTERDAM
from cannonworks.errors import Refused
from cannonworks.left import hours_left
from journal.models import Entry
from tests import breached
from tests.breached import NOTICED_AT
from tests.factories import AccountFactory, ColleagueFactory

pytestmark = [pytest.mark.django_db, pytest.mark.clause("13")]
HOUR = timedelta(hours=1)
READ_AT = NOTICED_AT + 5 * HOUR


def lines(event):
    return [(entry.actor_kind, entry.facts) for entry in Entry.objects.filter(event=event).order_by("id")]


def as_holder(user, act):
    with isolation.acting_as(isolation.of(user)):
        return act()


def in_state(name) -> Account:
    if name == "blocked":
        account = AccountFactory(state=State.ACTIVE)
        Account.objects.filter(pk=account.pk).update(blocked_at=timezone.now())
        return Account.objects.get(pk=account.pk)
    return AccountFactory(
        state=name, cancelled_on=date(2026, 10, 1) if name == State.CANCELLED else None, signed_up_on=date(2025, 6, 1)
    )


@pytest.mark.parametrize("state", [State.TRIAL, State.LAPSED, State.ACTIVE, State.CANCELLED, "blocked"])
def test_the_main_user_reads_and_acknowledges_whatever_the_state_of_the_account(state):
    account = in_state(state)
    user = account.main_user
    row = breached.told(account)
    assert as_holder(user, lambda: list(reading.breaches_of(account))) == [row]
    assert as_holder(user, lambda: reading.read(row, user=user, at=READ_AT)) == 1
    assert as_holder(user, lambda: reading.read(row, user=user, at=READ_AT + HOUR)) == 0
    assert as_holder(user, lambda: reading.acknowledge(row, user=user, at=READ_AT + 2 * HOUR)) == 1
    assert as_holder(user, lambda: reading.acknowledge(row, user=user, at=READ_AT + 3 * HOUR)) == 0
    notice = Notice.objects.get()
    assert (notice.read_at, notice.read_by) == (READ_AT, user.reference)
    assert (notice.acknowledged_at, notice.acknowledged_by) == (READ_AT + 2 * HOUR, user.reference)
    facts = {"breach": str(row.reference), "phases": [1]}
    assert lines("breach.read") == lines("breach.acknowledged") == [("holder", facts)]


def test_what_a_colleague_reads_leaves_it_unread_and_a_colleague_acknowledges_nothing(account, colleague):
    row = breached.told(account)
    assert as_holder(colleague, lambda: list(reading.breaches_of(account))) == [row]
    assert as_holder(colleague, lambda: reading.read(row, user=colleague, at=READ_AT)) == 0
    with pytest.raises(Refused) as refused:
        as_holder(colleague, lambda: reading.acknowledge(row, user=colleague, at=READ_AT))
    assert refused.value.code == "not_main_user"
    assert Notice.objects.unread().count() == 1
    assert lines("breach.read") == lines("breach.acknowledged") == []


def test_a_new_phase_is_to_be_read_anew_and_what_was_read_keeps_its_moment(account, holder):
    row = breached.told(account)
    reading.acknowledge(row, user=holder, at=READ_AT)
    breached.notice(breached.phase(row, is_released=True, fact_nl="Meer"), account)
    told = reading.told(row, account)
    assert (told.is_read, told.can_be_acknowledged, told.read_at) == (False, True, None)
    assert [(phase.number, changed) for phase, changed in told.steps()] == [(2, ["fact"]), (1, [])]
    reading.acknowledge(row, user=holder, at=READ_AT + HOUR)
    assert list(Notice.objects.order_by("id").values_list("read_at", "acknowledged_at")) == [
        (READ_AT, READ_AT), (READ_AT + HOUR, READ_AT + HOUR)
    ]  # fmt: skip
    assert [facts["phases"] for _kind, facts in lines("breach.acknowledged")] == [[1], [2]]


def test_there_is_nothing_to_acknowledge_before_there_is_a_notice(account, holder):
    row = breached.breach()
    breached.affected(row, account)
    breached.phase(row, is_released=True)
    with pytest.raises(Refused) as refused:
        reading.acknowledge(row, user=holder, at=READ_AT)
    assert refused.value.code == "not_told"
    assert reading.told(row, account).clock is None


def test_another_account_sees_nothing_of_it_and_notes_nothing(account, outsider):
    row = breached.told(account)
    breached.told(outsider.account)
    assert row not in as_holder(outsider, lambda: list(reading.breaches_of(account)))
    assert as_holder(outsider, lambda: reading.read(row, user=outsider, at=READ_AT)) == 0
    with pytest.raises(Refused):
        as_holder(outsider, lambda: reading.acknowledge(row, user=outsider, at=READ_AT))
    assert as_holder(outsider, lambda: reading.told(row, account)).notices == {}
    assert Notice.objects.unread().count() == 2


def test_a_phase_that_was_not_released_is_not_told(account):
    row = breached.told(account)
    breached.phase(row, fact_nl="Nog niet zeker")
    assert [phase.number for phase in reading.told(row, account).phases] == [1]


def test_the_72_hours_begin_with_the_first_word_that_reached_the_holder(account, holder):
    row = breached.told(account)
    assert reading.told(row, account).clock.start == NOTICED_AT + 2 * HOUR
    reading.read(row, user=holder, at=NOTICED_AT + HOUR)  # on the page, before the mail went
    assert reading.told(row, account).clock.start == NOTICED_AT + HOUR
    Affected.objects.update(told_at=None)
    assert reading.told(row, account).clock.start == NOTICED_AT + HOUR


def at(month, day, hour, minute=0, fold=0):
    return NOTICED_AT.replace(month=month, day=day, hour=hour, minute=minute, fold=fold, tzinfo=AMSTERDAM)


@pytest.mark.parametrize(
    ("told_at", "due_at"),
    [
        (at(3, 28, 12), at(3, 31, 13)),  # the clock goes on: an hour of the wall is skipped
        (at(10, 24, 12), at(10, 27, 11)),  # and back: one comes twice
        (at(10, 25, 2, 30), at(10, 28, 1, 30)),
        (at(10, 25, 2, 30, fold=1), at(10, 28, 2, 30)),
    ],
)
def test_72_hours_are_72_hours_over_both_changes_of_the_clock(told_at, due_at):
    clock = own_clock(told_at)
    assert clock.due_at == due_at
    assert hours_left(clock.due_at, at=told_at).hours == 72
    assert hours_left(clock.due_at, at=due_at - timedelta(minutes=59)).words == "nog 59 minuten"
    over = [hours_left(clock.due_at, at=due_at + timedelta(seconds=seconds)).is_over for seconds in (-1, 0, 1)]
    assert over == [False, True, True]


def test_the_chip_warns_in_the_last_day():
    clock = own_clock(NOTICED_AT)
    tones = [hours_left(clock.due_at, at=NOTICED_AT + hours * HOUR).tone for hours in (0, 48, 49, 66, 67, 72)]
    assert tones == ["draft", "draft", "lapsed", "lapsed", "going", "going"]
    assert hours_left(clock.due_at, at=NOTICED_AT + 49 * HOUR).words == "nog 23 uur"
    assert hours_left(clock.due_at, at=NOTICED_AT + 71 * HOUR).words == "nog 60 minuten"


def test_it_stands_on_the_overview_until_the_main_user_acknowledges_it(account, holder, django_assert_num_queries):
    colleague = ColleagueFactory(account=account)
    other = AccountFactory(state=State.ACTIVE)
    row = breached.told(other, account)
    Affected.objects.filter(account=other).update(told_at=NOTICED_AT + 30 * HOUR)
    breached.notice(breached.phase(row, is_released=True), account)
    today = date(2026, 11, 18)
    with isolation.acting_as(isolation.JOBS), django_assert_num_queries(1):
        from breaches.breaches_due import breaches_to_read

        (due,) = breaches_to_read(holder, today)
    assert (due.address, due.by) == (f"/breaches/{row.reference}/", date(2026, 11, 20))
    assert "vrijdag 20 november 11:30" in due.why
    assert due in due_from(holder, on=today)
    assert [each for each in due_from(colleague, on=today) if "/breaches/" in each.address] == []
    reading.acknowledge(row, user=holder, at=READ_AT)
    assert [each for each in due_from(holder, on=today) if "/breaches/" in each.address] == []
