"""The clocks of requests: reminders, what waits for staff too long, and what ends by itself (§15)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import outbox
from accounts.models import Account, PlannedMail
from accounts.outbox import MANY_ATTEMPTS
from accounts.states import State
from cannonworks.deadlines import AMSTERDAM, ONE_DAY, compute, local_date, start_of_day
from journal.models import Entry
from retention.alarms import check_everything
from retention.models import Alarm, AlarmKind
from rights import asking, handling, tending
from rights.letters_to_requester import to_requester
from rights.models import DataReturn, SubjectRequest
from tests.asked import ASKED_AT, due_after, subject_request
from tests.factories import AccountFactory, StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.clause("15")]
INSTANT = timedelta(microseconds=1)
#: Moments of two years, to the minute.
TWO_YEARS = st.integers(0, 2 * 365 * 24 * 60).map(
    lambda minutes: (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)).astimezone(AMSTERDAM)
)


def at(*when: int) -> datetime:
    return datetime(*when, tzinfo=AMSTERDAM)


def mails() -> list[str]:
    return list(PlannedMail.objects.order_by("id").values_list("template", flat=True))


def tended(moment: datetime) -> list[str]:
    """The mails of one round."""
    before = PlannedMail.objects.count()
    tending.tend(at=moment)
    return mails()[before:]


# --- Staff's own terms -----------------------------------------------------------------------------------------------
@given(started=TWO_YEARS, now=TWO_YEARS, kind=st.sampled_from([tending.MATCH, tending.CHECK]))
def test_what_began_before_is_what_is_over(started, now, kind):
    assert (started < tending.began_before(kind, now)) == (compute(kind, started).due_at <= now)


@pytest.mark.parametrize(
    ("received_at", "late_from"),
    [
        (at(2026, 11, 10, 9, 30), at(2026, 11, 12)),
        (at(2026, 4, 2, 23, 59), at(2026, 4, 8)),  # before Easter: the Tuesday after it is the working day
        (at(2026, 4, 24, 17, 0), at(2026, 4, 29)),  # a weekend and King's Day
        (at(2026, 5, 4, 9, 0), at(2026, 5, 7)),  # 5 May
        (at(2026, 3, 27, 12, 0), at(2026, 3, 31)),  # summer time began in between
        (at(2026, 10, 23, 12, 0), at(2026, 10, 27)),  # winter time did
    ],
)
def test_a_request_waits_one_working_day_for_its_account(received_at, late_from):
    row = subject_request(at=received_at)
    late = [list(tending.late_to_match(late_from + after)) for after in (-INSTANT, 0 * INSTANT, INSTANT)]
    assert late == [[], [row], [row]]
    assert tending.clock_of(row).due_at == late_from


@pytest.mark.parametrize(
    ("asked_at", "late_from"),
    [(at(2026, 11, 18, 9, 0), at(2026, 11, 21)), (at(2026, 12, 24, 9, 0), at(2026, 12, 30))],
)
def test_a_check_waits_two_working_days(account, asked_at, late_from):
    row = subject_request(account, state="checking", at=at(2026, 11, 2, 9, 0), check_asked_at=asked_at)
    late = [list(tending.late_to_decide(late_from + after)) for after in (-INSTANT, 0 * INSTANT, INSTANT)]
    assert late == [[], [row], [row]]
    assert tending.clock_of(row).due_at == late_from


def test_a_check_is_not_late_while_the_term_of_the_holder_runs(account):
    row = subject_request(account, state="checking", check_asked_at=ASKED_AT + ONE_DAY)
    late = [list(tending.late_to_decide(row.due_at + after)) for after in (-INSTANT, 0 * INSTANT)]
    assert late == [[], [row]]


def test_the_clock_is_of_whoever_has_to_do_something(account):
    told = subject_request(account, state="told")
    assert tending.clock_of(told).due_at == told.due_at
    assert tending.clock_of(subject_request(account, state="blocked")).due_at == told.due_at
    for state in ("done", "closed"):
        assert tending.clock_of(subject_request(account, state=state)) is None
    assert tending.clock_of(subject_request(state="unmatched")) is None


# --- Alarms ----------------------------------------------------------------------------------------------------------
def alarms() -> list[tuple[str, str]]:
    rows = Alarm.objects.filter(cleared_at=None, kind__in=("request", "return", "mail"))
    return sorted(rows.values_list("kind", "about"))


@pytest.mark.clause("6")
def test_staff_are_told_of_all_that_waits_and_the_alarm_ends_with_it(account, holder):
    now = ASKED_AT + timedelta(days=40)
    lost, check = subject_request(at=now - timedelta(days=6)), subject_request(account, state="checking", wish="erase")
    back = DataReturn.objects.create(
        account=account, asked_by=holder.reference, asked_at=ASKED_AT, due_at=now, moved_at=ASKED_AT
    )
    outbox.plan("rights/requester_received", about=lost.reference, account=None, at=ASKED_AT)
    PlannedMail.objects.update(attempts=MANY_ATTEMPTS, failure="SMTPServerDisconnected", retry_at=now + ONE_DAY)
    check_everything(on=local_date(now), at=now)
    assert alarms() == sorted(
        [("request", str(lost.reference)), ("request", str(check.reference)), ("return", str(back.reference)),
         ("mail", str(lost.reference))]
    )  # fmt: skip
    assert "Bram" not in str(list(Alarm.objects.values_list("detail", flat=True)))

    staff = StaffFactory()
    handling.no_account(lost, actor=staff, at=now)
    handling.decide(check, carried_out=True, actor=staff, at=now)
    DataReturn.objects.update(state="ready", ready_at=now, expires_at=now + ONE_DAY)
    PlannedMail.objects.update(attempts=MANY_ATTEMPTS - 1)
    check_everything(on=local_date(now), at=now)
    assert alarms() == []


def test_a_return_is_overdue_at_its_moment_and_not_before(account, holder):
    DataReturn.objects.create(
        account=account, asked_by=holder.reference, asked_at=ASKED_AT, due_at=ASKED_AT, moved_at=ASKED_AT
    )
    found = [[kind for kind, _, _ in tending.troubles(ASKED_AT + after)] for after in (-INSTANT, 0 * INSTANT)]
    assert found == [[], ["return"]]


def test_what_cannot_be_looked_at_is_an_alarm_too(monkeypatch, account):
    lost = subject_request(at=ASKED_AT)
    now = ASKED_AT + timedelta(days=5)
    check_everything(on=local_date(now), at=now)
    monkeypatch.setattr(tending, "late_to_match", lambda _at: 1 / 0)
    check_everything(on=local_date(now), at=now)
    assert alarms() == [("request", str(lost.reference))]  # what could not be checked is not over
    assert Alarm.objects.filter(kind=AlarmKind.NOT_CHECKED, about="waiting", cleared_at=None).exists()


# --- Reminders -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("told_at", "last_day"),
    [
        (at(2026, 11, 10, 9, 45), at(2026, 11, 17)),
        (at(2026, 4, 2, 20, 0), at(2026, 4, 13)),
        (at(2026, 4, 28, 9, 0), at(2026, 5, 6)),
        (at(2026, 3, 27, 12, 0), at(2026, 4, 7)),
        (at(2026, 10, 23, 12, 0), at(2026, 10, 30)),
    ],
)
def test_the_holder_is_reminded_on_the_last_day_and_once_more_when_it_is_over(account, told_at, last_day):
    row = subject_request(account, state="told", at=told_at, told_at=told_at, due_at=due_after(told_at))
    due_at = row.due_at
    assert due_at == start_of_day(last_day.date() + ONE_DAY)
    rounds = [last_day - INSTANT, last_day, last_day + timedelta(hours=9), due_at - INSTANT, due_at, due_at + ONE_DAY]
    assert [tended(moment) for moment in rounds] == [
        [],
        ["rights/holder_reminded"],
        [],
        [],
        ["rights/holder_reminded", "rights/requester_term_over"],
        [],
    ]
    assert Entry.objects.filter(event="request.reminded", facts__request=str(row.reference)).count() == 2


def test_after_days_of_silence_there_is_one_reminder(account):
    row = subject_request(account, state="told")
    assert [tended(row.due_at + n * ONE_DAY) for n in (3, 4)] == [
        ["rights/holder_reminded", "rights/requester_term_over"], [],
    ]  # fmt: skip


@pytest.mark.parametrize("state", ["received", "unmatched", "done", "blocked", "closed"])
def test_who_has_nothing_to_do_is_not_reminded(account, state):
    row = subject_request(None if state in ("received", "unmatched") else account, state=state)
    assert tended(due_after(row.received_at) - INSTANT) == []


# --- What happens by itself ------------------------------------------------------------------------------------------
def test_what_is_done_is_closed_after_thirty_days_in_which_a_check_can_be_asked(account):
    row = subject_request(account, state="done", outcome="not_here")
    end = row.done_at + timedelta(days=30)
    assert tended(end - INSTANT) == []
    assert asking.may_ask_for_check(row, row.deadline, at=end - INSTANT)
    assert not asking.may_ask_for_check(row, row.deadline, at=end)
    assert tended(end) == ["rights/requester_closed"]
    row.refresh_from_db()
    assert (row.state, row.outcome, row.closed_at) == ("closed", "not_here", end)
    assert tended(end) == []


def test_what_is_of_no_account_is_closed_thirty_days_after_its_term():
    row = handling.no_account(subject_request(), actor=StaffFactory(), at=ASKED_AT)
    end = row.due_at + timedelta(days=30)
    assert tended(end - INSTANT) == ["rights/requester_term_over"]
    assert tended(end) == ["rights/requester_closed"]
    row.refresh_from_db()
    assert (row.state, row.outcome) == ("closed", "unmatched")


@pytest.mark.parametrize("state", ["received", "told", "checking", "blocked"])
def test_what_waits_for_somebody_never_ends_by_itself(account, state):
    row = subject_request(account if state != "received" else None, state=state)
    tending.tend(at=ASKED_AT + timedelta(days=400))
    assert SubjectRequest.objects.get(pk=row.pk).state == state


def test_an_account_found_during_a_check_has_its_term_and_then_the_check_goes_on(account):
    row = subject_request(state="checking", due_at=due_after(ASKED_AT))
    row = handling.match(row, account=account, actor=StaffFactory(), at=row.due_at + ONE_DAY)
    tending.tend(at=row.due_at - INSTANT)
    assert SubjectRequest.objects.get(pk=row.pk).state == "told"
    tending.tend(at=row.due_at)
    row.refresh_from_db()
    assert (row.state, Entry.objects.filter(event="request.check_resumed").count()) == ("checking", 1)


def test_one_that_fails_does_not_stop_the_others(account, outsider, monkeypatch):
    bad, good = (subject_request(each, state="told") for each in (account, outsider.account))
    tell = tending.tell_holder

    def fails(row, what, *, at):
        if row.pk == bad.pk:
            raise ValueError
        tell(row, what, at=at)

    monkeypatch.setattr(tending, "tell_holder", fails)
    assert tending.tend(at=good.due_at) == 3  # one reminder, and who asked the two is told
    assert list(SubjectRequest.objects.filter(reminded_at=good.due_at)) == [good]


def test_an_account_on_its_way_out_is_left_alone():
    account = AccountFactory(state=State.CANCELLED)
    row = subject_request(account, state="told")
    Account.objects.filter(pk=account.pk).update(claimed_at=ASKED_AT)
    assert tending.tend(at=row.due_at) == 0


def test_with_nothing_to_do_it_asks_little(django_assert_num_queries):
    with django_assert_num_queries(4):
        assert tending.tend(at=ASKED_AT) == 0


@pytest.mark.parametrize("is_found", [True, False])
def test_whoever_asked_is_told_once_that_the_term_is_over_and_it_stays_open(account, is_found):
    row = subject_request(account if is_found else None, state="told" if is_found else "unmatched")
    if not is_found:
        SubjectRequest.objects.filter(pk=row.pk).update(due_at=due_after(ASKED_AT))
    due_at = due_after(ASKED_AT)
    told = PlannedMail.objects.filter(template="rights/requester_term_over", about=row.reference)
    tending.tend(at=due_at - INSTANT)
    assert not told.exists()
    for at in (due_at, due_at + ONE_DAY, due_at + timedelta(days=29)):
        tending.tend(at=at)
        assert told.count() == 1
    row.refresh_from_db()
    assert row.is_open
    (mail,) = told
    words = to_requester(mail.about)
    assert (words.to, words.context["last_day"]) == (row.email, (due_at - INSTANT).date())
