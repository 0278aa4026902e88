"""Every kind of clock that the product declares: when it runs, until when, who must act, and where its line leads."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import translation

from accounts import services as accounts
from accounts.states import State
from board.running import Clocks
from breaches.models import Affected, Consultation
from cannonworks import clocks, isolation, rules
from cannonworks.clocks import Who, kinds_for
from cannonworks.deadlines import AMSTERDAM, compute, kind_named
from processors.models import Glass
from retention import holds
from retention.models import Alarm, AlarmKind, Erasure, Ground, Hold, Step
from rights.models import Correction, DataReturn, RegisteredLetter
from tests import breached, registers
from tests.asked import subject_request
from tests.cast import member
from tests.factories import AccountFactory, StaffFactory

pytestmark = pytest.mark.django_db
#: A Tuesday.
AT = datetime(2026, 11, 17, 9, 30, tzinfo=AMSTERDAM)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def midnight(*day):
    return datetime(*day, tzinfo=AMSTERDAM)


def lines(at=AT):
    """Kind, reference (its beginning), number, account and end of every clock."""
    return [
        (row.name, row.reference[:8], row.number, row.account, row.due_at)
        for row in Clocks(clocks.kinds(), at).first(99)
    ]


def correction(account, staff, **more):
    return Correction.objects.create(
        account=account, what="user.email", of=account.main_user.reference, ticket="T-7", why="Postvak kwijt", role="x",
        proposed_by=staff, proposed_at=AT, expires_at=compute(kind_named("correction"), AT).due_at, **more,
    )  # fmt: skip


@pytest.mark.clause("15")
@pytest.mark.parametrize(
    ("state", "kind", "due_at", "who"),
    [
        ("told", "request_holder", midnight(2026, 11, 25), Who.HOLDER),
        ("blocked", "request_holder", midnight(2026, 11, 25), Who.HOLDER),
        ("checking", "request_check", midnight(2026, 11, 28), Who.US),
        ("done", None, None, None), ("closed", None, None, None),
    ],
)  # fmt: skip
def test_a_request_has_the_clock_of_whoever_must_act(account, state, kind, due_at, who):
    request = subject_request(account, state=state, at=AT)
    assert lines() == ([(kind, str(request.reference)[:8], 1, account.pk, due_at)] if kind else [])
    assert [clock.kind.who for clock in Clocks(clocks.kinds(), AT).first(9)] == ([who] if who else [])


@pytest.mark.clause("15")
def test_what_came_in_waits_for_us_and_of_no_account_for_nobody():
    received, _unmatched = subject_request(at=AT), subject_request(state="unmatched", at=AT)
    assert lines() == [("request_match", str(received.reference)[:8], 1, None, midnight(2026, 11, 19))]


@pytest.mark.clause("6")
def test_a_return_runs_until_it_is_ready(account, holder):
    made = DataReturn.objects.create(
        account=account,
        asked_by=holder.reference,
        asked_at=AT,
        moved_at=AT,
        due_at=compute(kind_named("data_return"), AT).due_at,
    )
    assert lines() == [("data_return", str(made.reference)[:8], 1, account.pk, midnight(2026, 12, 3))]
    DataReturn.objects.update(state="ready", ready_at=AT, expires_at=AT + 14 * DAY)
    assert lines() == []


@pytest.mark.clause("16")
def test_a_correction_waits_for_the_main_user_and_then_for_us(account, staff, holder):
    row = correction(account, staff)
    reference, end = str(row.reference)[:8], midnight(2026, 12, 2)
    assert lines() == [("correction_decision", reference, 1, account.pk, end)]
    Correction.objects.update(state="confirmed", decided_by=holder.reference, decided_at=AT, expires_at=end + DAY)
    assert lines() == [("correction_to_apply", reference, 1, account.pk, end + DAY)]


@pytest.mark.clause("6")
def test_a_letter_waits_for_the_second_person_two_working_days(staff):
    account = AccountFactory(state=State.CANCELLED)
    request = accounts.request_erasure(account, actor=account.main_user, on=date(2026, 11, 13))
    letter = RegisteredLetter.objects.create(
        account=account,
        request=request,
        carrier_number="3S",
        received_on=date(2026, 11, 13),
        identity_check="x",
        recorded_by=staff,
    )
    assert lines() == [("letter_confirmation", request.code[:8], 1, account.pk, midnight(2026, 11, 18))]
    RegisteredLetter.objects.filter(pk=letter.pk).update(confirmed_by=StaffFactory(), confirmed_on=date(2026, 11, 17))
    assert lines() == []


@pytest.mark.clause("5")
def test_a_hold_waits_for_the_second_person_and_then_for_its_review(account, staff, second):
    hold = holds.place_hold(
        account, actor=staff, name="Geschil", categories=["documents"], ground=Ground.PROOF, basis="BW 3:307",
        proportionality="x", on=date(2026, 11, 17), review_on=date(2027, 4, 1),
    )  # fmt: skip
    assert lines() == [("hold_confirmation", str(hold.pk), 1, account.pk, midnight(2026, 11, 20))]
    holds.confirm_hold(hold, actor=second, on=date(2026, 11, 18))
    assert lines() == [("hold_review", str(hold.pk), 1, account.pk, midnight(2027, 4, 1))]
    Hold.objects.update(released_on=date(2026, 11, 19), released_by=staff)
    assert lines() == []


@pytest.mark.clause("5")
def test_a_parked_erasure_and_an_alarm_are_looked_at_within_a_day():
    account = AccountFactory(state=State.CANCELLED)
    run = Erasure.objects.create(
        account=account, rule="cancelled", clause="5.4", rules_digest=rules.digest(), due_on=date(2026, 11, 1),
        claimed_on=date(2026, 11, 1), categories=["account"], step=Step.CLAIMED, parked_at=AT, failure="x",
    )  # fmt: skip
    alarm = Alarm.objects.create(kind=AlarmKind.PARKED, about=str(run.reference), raised_at=AT + HOUR)
    assert lines() == [
        ("alarm", str(alarm.pk), 1, None, AT + DAY + HOUR),
        ("parked_erasure", str(run.reference)[:8], 1, account.pk, midnight(2026, 11, 19)),
    ]
    Alarm.objects.update(cleared_at=AT + HOUR)
    Erasure.objects.update(parked_at=None)
    assert lines() == []


@pytest.mark.clause("13")
def test_a_breach_without_accounts_asks_to_choose_them_until_it_is_closed():
    row = breached.breach(at=AT)
    assert lines() == [("breach_selection", str(row.reference)[:8], 1, None, AT + 48 * HOUR)]
    row.closed_at, row.closed_by = AT + DAY, breached.SOMEBODY
    row.save()
    assert lines() == []


@pytest.mark.clause("13")
def test_accounts_that_wait_for_a_notice_are_one_line_for_each_breach_and_end(account):
    others = [AccountFactory() for _each in range(3)]
    row = breached.breach(at=AT)
    first = breached.affected(row, account, *others[:2])
    breached.affected(row, others[2], noticed_at=AT + 5 * HOUR)
    reference = str(row.reference)[:8]
    assert lines() == [
        ("breach_notice", reference, 3, None, AT + 48 * HOUR), ("breach_notice", reference, 1, None, AT + 53 * HOUR),
    ]  # fmt: skip
    found = Clocks(clocks.kinds(), AT).first(9)
    assert [clock.start for clock in found] == [AT, AT + 5 * HOUR]
    assert {clock.page for clock in found} == {f"breaches.breach:{row.pk}"}
    Affected.objects.filter(pk=first[0].pk).update(told_at=AT + HOUR)
    Affected.objects.filter(pk=first[1].pk).update(excused_at=AT + HOUR)
    assert [line[2] for line in lines()] == [3, 1]  # of the list, until all of it are told
    Affected.objects.filter(pk=first[2].pk).update(told_at=AT + HOUR)
    assert [line[2] for line in lines()] == [1]


@pytest.mark.clause("13")
@pytest.mark.parametrize(
    "on", [datetime(2026, 3, 28, 12, tzinfo=AMSTERDAM), datetime(2026, 10, 24, 12, tzinfo=AMSTERDAM)]
)
def test_48_hours_are_48_hours_over_a_clock_change(account, on):
    breached.affected(breached.breach(at=on), account)
    (clock,) = Clocks(clocks.kinds(), on).first(9)
    assert (clock.start, clock.due_at - clock.start) == (on, 48 * HOUR)


@pytest.mark.clause("13")
def test_a_report_has_the_clock_of_its_consultation_until_it_is_judged(account):
    report = breached.report(account, at=AT)
    assert lines() == [("breach_report", str(report.reference)[:8], 1, account.pk, midnight(2026, 11, 20))]
    opened_at = AT - DAY
    own = Consultation.objects.create(
        account=account,
        report=report,
        opened_at=opened_at,
        due_at=compute(kind_named("breach_consultation"), opened_at).due_at,
    )
    assert lines() == [("breach_report", str(report.reference)[:8], 1, account.pk, midnight(2026, 11, 19))]
    report.judged_at, report.judged_by, report.answer = AT, breached.SOMEBODY, "Geen inbreuk."
    report.save()
    assert lines() == [("breach_consultation", str(own.reference)[:8], 1, account.pk, midnight(2026, 11, 19))]
    Consultation.objects.update(waived_at=AT, waived_by=breached.SOMEBODY)
    assert lines() == []


@pytest.mark.clause("13")
def test_consultations_are_one_line_for_each_breach_and_end_and_a_single_one_leads_to_itself(account):
    row, others = breached.breach(at=AT), [AccountFactory() for _each in range(2)]
    breached.affected(row, account, told_at=AT)
    for each in others:
        breached.consultation(row, each, opened_at=AT + HOUR)
    single = breached.consultation(row, account, opened_at=AT + DAY)
    reference = str(row.reference)[:8]
    assert lines() == [
        ("breach_consultation", reference, 2, None, midnight(2026, 11, 20)),
        ("breach_consultation", reference, 1, account.pk, midnight(2026, 11, 21)),
    ]
    found = Clocks(clocks.kinds(), AT).first(9)
    assert [clock.page for clock in found] == [f"breaches.breach:{row.pk}", f"breaches.consultation:{single.pk}"]
    assert found[0].start == AT + HOUR


# --- Rights and words -------------------------------------------------------------------------------------------------


@pytest.mark.clause("7")
def test_each_role_sees_the_kinds_whose_rows_it_may_see():
    seen = {
        role: {kind.name for kind in kinds_for(member(role))}
        for role in ("Support", "Finance", "Privacy officer", "Security officer")
    }
    every = {kind.name for kind in clocks.kinds()}
    access = {"glass_approval", "glass_open", "glass_report"}
    tests = {name for name in every if name.startswith("audit_")}
    measures = {"measure_review", "finding_to_decide", "improvement", "improvement_to_verify"}
    disclosures = {"disclosure_consent", "disclosure_gag", "disclosure_extract"}
    contracts = {"agreement_expiry", "transfer_expiry", "sub_processor_change", "objection_answer"}
    assert seen == {
        "Finance": set(),
        "Support": every
        - {"alarm", "helper_statement", "statement_again", *access, *tests, *measures, *contracts, *disclosures},
        "Privacy officer": every,
        "Security officer": {
            "breach_selection",
            "breach_notice",
            "breach_report",
            "breach_consultation",
            "alarm",
            *access,
            *tests,
            *measures,
            *contracts,
            "helper_statement",
            "statement_again",
        },
    }
    assert {kind.name for kind in kinds_for(StaffFactory())} == every


def test_every_permission_of_a_declaration_exists():
    known = {f"{app}.{code}" for app, code in Permission.objects.values_list("content_type__app_label", "codename")}
    assert {kind.may for kind in clocks.kinds()} <= known


def test_every_kind_is_called_something_in_dutch():
    for kind in clocks.kinds():
        with translation.override("nl"):
            dutch = str(kind.label), str(kind.who.label)
        with translation.override("en"):
            assert dutch[0] != str(kind.label)


def test_the_roles_of_staff_may_read_what_the_statement_reads(account):
    breached.told(account, at=AT)
    with isolation.acting_as(isolation.of(member("Support"))):
        assert [clock.name for clock in Clocks(clocks.kinds(), AT).first(9)] == ["breach_consultation"]


# --- Emergency access -------------------------------------------------------------------------------------------------


@pytest.mark.clause("10")
def test_emergency_access_waits_an_hour_runs_its_hours_and_is_reported_in_two_working_days(staff):
    made = registers.glass(asked_at=AT)
    assert [(row[0], row[4]) for row in lines()] == [("glass_approval", AT + HOUR)]

    def note(**said):
        with isolation.acting_as(isolation.NOBODY):  # the owner, as the functions of the database are
            Glass.objects.filter(pk=made.pk).update(**said)

    note(approved_by=staff.reference, approved_at=AT)
    assert lines() == []
    note(login="x", opened_at=AT, ends_at=AT + 2 * HOUR)
    assert [(row[0], row[4]) for row in lines()] == [("glass_open", AT + 2 * HOUR)]
    note(closed_at=AT + HOUR)
    assert [(row[0], row[4]) for row in lines()] == [("glass_report", midnight(2026, 11, 20))]
    note(done="Hersteld", accounted_by=staff.reference, accounted_at=AT + HOUR)
    assert [row[0] for row in lines()] == ["glass_report"]
    note(reported_at=AT + HOUR)
    assert lines() == []
