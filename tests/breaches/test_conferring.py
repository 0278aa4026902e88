"""Consultation about a breach: two working days from the first notice, in either direction (§13)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from breaches import conferring
from breaches.models import Consultation, Meeting
from cannonworks.deadlines import AMSTERDAM
from journal.models import Entry
from tests import breached
from tests.breached import NOTICED_AT
from tests.factories import AccountFactory, ColleagueFactory, StaffFactory
from tests.refusals import refused

pytestmark = [pytest.mark.django_db, pytest.mark.clause("13")]
#: Told on Tuesday at 11:30: until the end of Thursday. A moment on Wednesday is in time.
TOLD_AT = NOTICED_AT + timedelta(hours=2)
AT = TOLD_AT + timedelta(hours=1)
IN_TIME = datetime(2026, 11, 18, 14, 0, tzinfo=AMSTERDAM)
DUE_AT = datetime(2026, 11, 20, tzinfo=AMSTERDAM)
HALF_HOUR = timedelta(minutes=30)
INSTANT = timedelta(microseconds=1)
MINUTES = {"nature": "Toegang tot reservekopieën", "risk": "Klein", "measures": "Sleutel vervangen"}


@pytest.fixture
def account():
    return AccountFactory()


@pytest.fixture
def clerk():
    return StaffFactory()


@pytest.fixture
def breach(account):
    return breached.told(account)


@pytest.fixture
def consultation(breach):
    return breach.consultations.get()


def offered(consultation: Consultation, clerk, *, starts_at: datetime = IN_TIME, at: datetime = AT) -> Meeting:
    return conferring.offer_to(
        consultation, actor=clerk, at=at, starts_at=starts_at, ends_at=starts_at + HALF_HOUR, place="0522 123 456"
    )


def offered_to_all(breach, clerk, *, starts_at: datetime = IN_TIME, at: datetime = AT) -> Meeting:
    return conferring.offer_to_all(
        breach, actor=clerk, at=at, starts_at=starts_at, ends_at=starts_at + HALF_HOUR, place="https://bel.example/1"
    )


def events() -> list[str]:
    return list(Entry.objects.filter(event__startswith="consultation.").order_by("id").values_list("event", flat=True))


def test_the_clock_is_two_working_days_from_the_first_notice(consultation):
    assert (consultation.opened_at, consultation.due_at) == (TOLD_AT, DUE_AT)


@pytest.mark.parametrize(
    ("opened", "due"),
    [
        ("2026-04-02T16:59+02:00", "2026-04-09T00:00+02:00"),  # Maundy Thursday: Good Friday and Easter do not count
        ("2026-05-04T09:00+02:00", "2026-05-08T00:00+02:00"),  # 5 May does not count
        ("2026-03-27T17:00+01:00", "2026-04-01T00:00+02:00"),  # over the clock change of March
        ("2026-10-23T17:00+02:00", "2026-10-28T00:00+01:00"),  # and that of October
    ],
)
def test_the_clock_at_the_edges_of_the_calendar(account, opened, due):
    row = conferring.open_consultation(account, opened_at=datetime.fromisoformat(opened))
    assert row.due_at == datetime.fromisoformat(due)


def test_there_is_one_consultation_for_an_account_and_a_breach(account, breach, consultation):
    again = conferring.open_consultation(account, breach=breach, opened_at=AT)
    assert (again.pk, again.opened_at) == (consultation.pk, TOLD_AT)


def test_what_the_holder_reported_counts_as_the_first_notice(account):
    row = breached.breach()
    report = breached.report(account, at=AT)
    ours = conferring.open_consultation(account, report=report, opened_at=AT)
    conferring.join_breach(report, row)
    ours.refresh_from_db()
    assert (ours.breach, ours.opened_at) == (row, AT)
    assert conferring.open_consultation(account, breach=row, opened_at=AT + timedelta(days=1)).pk == ours.pk


def test_of_two_that_turn_out_to_be_one_the_earlier_clock_goes_on(account, breach, consultation):
    report = breached.report(account, at=NOTICED_AT - timedelta(days=1))
    conferring.open_consultation(account, report=report, opened_at=report.reported_at)
    conferring.join_breach(report, breach)
    consultation.refresh_from_db()
    assert (consultation.opened_at, consultation.due_at) == (report.reported_at, DUE_AT - timedelta(days=1))


def test_the_holder_takes_an_offered_moment_and_another(account, clerk, breach, consultation):
    first, second = offered(consultation, clerk), offered_to_all(breach, clerk, starts_at=IN_TIME + HALF_HOUR)
    for meeting in (first, second):
        conferring.choose(consultation, meeting, actor=ColleagueFactory(account=account), at=AT)
        consultation.refresh_from_db()
        assert (consultation.meeting, consultation.agreed_at) == (meeting, AT)
    assert events() == ["consultation.proposed"] * 2 + ["consultation.agreed"] * 2


def test_a_moment_that_is_not_there_cannot_be_taken(account, clerk, breach, consultation):
    other = AccountFactory()
    breached.affected(breach, other)
    theirs = offered(breached.consultation(breach, other, opened_at=TOLD_AT), clerk)
    begun, gone = offered(consultation, clerk), offered_to_all(breach, clerk)
    conferring.withdraw(gone, actor=clerk, at=AT)
    for meeting, at in ((theirs, AT), (begun, IN_TIME), (gone, AT)):
        with refused("not_offered"):
            conferring.choose(consultation, meeting, actor=account.main_user, at=at)
    with refused("not_yours"):
        conferring.choose(consultation, begun, actor=other.main_user, at=AT)


def test_the_first_offer_lies_within_the_term(clerk, breach, consultation):
    for offer in (
        lambda **when: offered(consultation, clerk, **when),
        lambda **when: offered_to_all(breach, clerk, **when),
    ):
        with refused("after_the_term"):
            offer(starts_at=DUE_AT)
    with refused("in_the_past"):
        offered(consultation, clerk, starts_at=AT)
    assert not Meeting.objects.exists()
    offered(consultation, clerk, starts_at=DUE_AT - INSTANT)
    offered(consultation, clerk, starts_at=DUE_AT + timedelta(days=5))  # for who cannot make the first


def test_staff_agree_to_a_moment_that_the_holder_asks_for(account, clerk, consultation):
    asked = conferring.ask_for(consultation, actor=account.main_user, at=AT, starts_at=IN_TIME, place="06 12345678")
    with refused("not_staff"):
        conferring.accept(consultation, asked, actor=account.main_user, at=AT)
    with refused("not_offered"):  # nobody agrees with oneself
        conferring.choose(consultation, asked, actor=account.main_user, at=AT)
    with refused("not_asked"):
        conferring.accept(consultation, offered(consultation, clerk), actor=clerk, at=AT)
    agreed = conferring.accept(consultation, asked, actor=clerk, at=AT)
    assert (agreed.meeting, agreed.agreed_at, asked.ends_at) == (asked, AT, IN_TIME + HALF_HOUR)


def test_who_had_taken_a_withdrawn_moment_has_none_again(account, clerk, consultation):
    meeting = offered(consultation, clerk)
    conferring.choose(consultation, meeting, actor=account.main_user, at=AT)
    conferring.withdraw(meeting, actor=clerk, at=AT)
    consultation.refresh_from_db()
    assert (consultation.meeting, consultation.agreed_at) == (None, None)
    with refused("meeting_over"):
        conferring.withdraw(meeting, actor=clerk, at=AT)


def test_minutes_say_what_the_agreement_wants_and_are_signed_off(account, clerk, consultation):
    meeting = offered(consultation, clerk)
    conferring.choose(consultation, meeting, actor=account.main_user, at=AT)
    with refused("not_begun"):
        conferring.write_up(meeting, actor=clerk, at=IN_TIME - INSTANT, **MINUTES)
    for name in MINUTES:
        with pytest.raises(ValidationError) as missing:
            conferring.write_up(meeting, actor=clerk, at=IN_TIME, **MINUTES | {name: " \n"})
        assert [*missing.value.message_dict] == [name]
    with refused("no_minutes"):
        conferring.sign_off(consultation, actor=account.main_user, at=IN_TIME)
    conferring.write_up(meeting, actor=clerk, at=IN_TIME + HALF_HOUR, **MINUTES)
    with refused("not_main_user"):
        conferring.sign_off(consultation, actor=ColleagueFactory(account=account), at=IN_TIME)
    signed = conferring.sign_off(consultation, actor=account.main_user, at=IN_TIME + HALF_HOUR)
    assert (signed.held_at, signed.signed_by) == (IN_TIME, account.main_user.reference)
    conferring.sign_off(consultation, actor=account.main_user, at=IN_TIME + 2 * HALF_HOUR)
    assert events()[-2:] == ["consultation.held", "consultation.signed"]  # once each
    with refused("meeting_over"):
        conferring.write_up(meeting, actor=clerk, at=IN_TIME + HALF_HOUR, **MINUTES)


def test_who_did_not_come_was_not_conferred_with(clerk, breach, consultation):
    other = AccountFactory()
    breached.affected(breach, other, told_at=TOLD_AT)
    theirs = breached.consultation(breach, other, opened_at=TOLD_AT)
    meeting = offered_to_all(breach, clerk)
    for row in (consultation, theirs):
        conferring.choose(row, meeting, actor=row.account.main_user, at=AT)
    conferring.write_up(meeting, actor=clerk, at=IN_TIME, absent=[theirs], **MINUTES)
    assert set(Consultation.objects.values_list("pk", "held_at", "meeting")) == {
        (consultation.pk, IN_TIME, meeting.pk), (theirs.pk, None, None)
    }  # fmt: skip


def test_a_talk_by_phone_is_recorded_afterwards(clerk, consultation):
    when = {"starts_at": AT, "ends_at": AT + HALF_HOUR, "place": "0522 123 456"}
    with refused("not_over"):
        conferring.record_talk(consultation, actor=clerk, at=AT, **when, **MINUTES)
    held = conferring.record_talk(consultation, actor=clerk, at=AT + HALF_HOUR, **when, **MINUTES)
    assert (held.held_at, held.meeting.risk, held.is_over) == (AT, "Klein", True)


def test_the_main_user_needs_none_until_they_take_a_moment(account, clerk, consultation):
    meeting = offered(consultation, clerk)
    with refused("not_main_user"):
        conferring.waive(consultation, actor=ColleagueFactory(account=account), at=AT)
    assert conferring.waive(consultation, actor=account.main_user, at=AT).is_over
    assert not conferring.choose(consultation, meeting, actor=account.main_user, at=AT).is_over


def test_what_was_offered_in_time_and_not_taken_lapses_after_the_term(account, clerk, breach, consultation):
    assert conferring.let_lapse(at=DUE_AT) == 0  # nothing was offered: that is our clock, and it stays on the board
    meeting = offered_to_all(breach, clerk)
    assert conferring.let_lapse(at=DUE_AT - INSTANT) == 0
    assert [conferring.let_lapse(at=DUE_AT), conferring.let_lapse(at=DUE_AT)] == [1, 0]
    consultation.refresh_from_db()
    assert consultation.is_over
    asked = conferring.ask_for(
        consultation, actor=account.main_user, at=DUE_AT, starts_at=DUE_AT + timedelta(days=1), place="06 12345678"
    )
    assert not conferring.accept(consultation, asked, actor=clerk, at=DUE_AT).is_over
    assert meeting.is_open


def test_a_moment_of_another_breach_or_withdrawn_or_agreed_does_not_let_lapse(account, clerk, breach, consultation):
    offered_to_all(breached.breach(), clerk)
    conferring.withdraw(offered_to_all(breach, clerk), actor=clerk, at=AT)
    assert conferring.let_lapse(at=DUE_AT) == 0
    conferring.choose(consultation, offered(consultation, clerk), actor=account.main_user, at=AT)
    assert conferring.let_lapse(at=DUE_AT) == 0
