"""The date is agreed on by both sides, back and forth; nothing by silence (§12)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Account, PlannedMail
from accounts.services import cancel_account
from audits import agreeing
from audits.models import Audit, Proposal
from audits.states import OVER, STEPS, AuditState, move
from journal.models import Entry
from tests import tested
from tests.cast import member
from tests.refusals import refused
from tests.tested import ANNOUNCED, EARLIEST, ENDS, STARTS, WEEK

pytestmark = [pytest.mark.django_db, pytest.mark.clause("12")]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LATER = {"starts_at": STARTS + WEEK, "ends_at": ENDS + WEEK}
LATEST = {"starts_at": STARTS + 2 * WEEK, "ends_at": ENDS + 2 * WEEK}


def mails():
    return list(PlannedMail.objects.order_by("id").values_list("template", flat=True))


@pytest.mark.parametrize("before", AuditState)
@pytest.mark.parametrize("after", AuditState)
def test_every_pair_of_states(before, after):
    audit = Audit(state=before)
    if after in STEPS[before]:
        move(audit, after)
        assert audit.state == after
    else:
        with refused("no_such_step"):
            move(audit, after)
        assert audit.state == before


def test_what_is_over_stays_over():
    assert {*OVER} == {AuditState.DONE, AuditState.WITHDRAWN, AuditState.LAPSED}
    assert {*STEPS} == {*AuditState}


def test_we_agree_and_the_tester_is_asked_to_accept_the_procedures(account, staff):
    audit = agreeing.accept(tested.announced(account), actor=staff, at=ANNOUNCED + HOUR)
    assert (audit.state, audit.agreed_at, audit.asked_at, audit.sequence) == ("agreed", ANNOUNCED + HOUR, None, 0)
    assert mails()[2:] == ["audits/holder_agreed", "audits/staff_agreed", "audits/tester_invited"]


def test_dates_go_back_and_forth_and_each_is_kept(account, holder, staff):
    audit = tested.announced(account)
    agreeing.propose(audit, actor=staff, at=ANNOUNCED + HOUR, reason="Dan is er groot onderhoud.", **LATER)
    agreeing.propose(audit, actor=holder, at=ANNOUNCED + 2 * HOUR, **LATEST)
    done = agreeing.accept(audit, actor=staff, at=ANNOUNCED + 3 * HOUR)
    assert (done.state, done.starts_at) == ("agreed", LATEST["starts_at"])
    assert list(Proposal.objects.order_by("id").values_list("starts_at", "is_ours", "reason")) == [
        (STARTS, False, ""), (LATER["starts_at"], True, "Dan is er groot onderhoud."), (LATEST["starts_at"], False, ""),
    ]  # fmt: skip
    events = Entry.objects.filter(event__startswith="audit.").order_by("id").values_list("event", flat=True)
    assert list(events)[2:] == ["audit.offered", "audit.countered", "audit.agreed"]
    assert "onderhoud" not in str(list(Entry.objects.values_list("facts", flat=True)))


def test_the_holder_agrees_to_the_date_that_we_propose(account, holder, staff):
    audit = tested.announced(account)
    agreeing.propose(audit, actor=staff, at=ANNOUNCED + HOUR, reason="Onderhoud", **LATER)
    assert agreeing.accept(audit, actor=holder, at=ANNOUNCED + DAY).state == "agreed"


def test_each_side_answers_the_other_and_not_itself(account, holder, colleague, outsider, staff):
    audit = tested.announced(account)
    for actor, code in (
        (holder, "not_yours_to_answer"), (colleague, "not_main_user"), (outsider, "not_main_user"),
        (member("Finance"), "no_such_role"),
    ):  # fmt: skip
        with refused(code):
            agreeing.accept(audit, actor=actor, at=ANNOUNCED + HOUR)
    with refused("not_yours_to_propose"):
        agreeing.propose(audit, actor=holder, at=ANNOUNCED + HOUR, **LATER)
    agreeing.propose(audit, actor=staff, at=ANNOUNCED + HOUR, reason="Onderhoud", **LATER)
    with refused("not_yours_to_answer"):
        agreeing.accept(audit, actor=staff, at=ANNOUNCED + HOUR)
    with refused("not_yours_to_propose"):
        agreeing.propose(audit, actor=staff, at=ANNOUNCED + HOUR, reason="Onderhoud", **LATEST)


@pytest.mark.parametrize("ours", [True, False])
def test_no_proposal_of_either_side_lies_before_the_fourteen_days(account, holder, staff, ours):
    audit = tested.announced(account)
    early = {"starts_at": EARLIEST - HOUR, "ends_at": EARLIEST + DAY}
    if not ours:
        agreeing.propose(audit, actor=staff, at=ANNOUNCED + HOUR, reason="Onderhoud", **LATER)
    with refused("too_early"):
        agreeing.propose(audit, actor=staff if ours else holder, at=ANNOUNCED + DAY, reason="Onderhoud", **early)


def test_we_say_why_and_not_the_same_date_again(account, staff):
    audit = tested.announced(account)
    with refused("say_why"):
        agreeing.propose(audit, actor=staff, at=ANNOUNCED + HOUR, reason=" ", **LATER)
    with refused("same_window"):
        agreeing.propose(audit, actor=staff, at=ANNOUNCED + HOUR, reason="x", starts_at=STARTS, ends_at=ENDS)


def test_a_window_that_has_begun_cannot_be_agreed_to(account, staff):
    with refused("in_the_past"):
        agreeing.accept(tested.announced(account), actor=staff, at=STARTS)


def test_a_date_in_another_year_takes_the_test_of_that_year(account, holder, staff):
    audit = tested.announced(account)
    next_year = {"starts_at": STARTS.replace(year=2027, month=1), "ends_at": ENDS.replace(year=2027, month=1)}
    agreeing.propose(audit, actor=staff, at=ANNOUNCED + HOUR, reason="Verbouwing", **next_year)
    assert tested.fresh(audit).year == 2027
    assert tested.announced(account).year == 2026
    with refused("once_a_year"):
        agreeing.propose(audit, actor=holder, at=ANNOUNCED + DAY, **LATER)


def test_a_date_that_was_agreed_on_can_change_and_what_was_accepted_stays(account, holder, staff):
    audit = tested.ready(account)
    agreeing.propose(audit, actor=staff, at=STARTS - DAY, reason="Storing", **LATER)
    assert tested.fresh(audit).state == "offered"
    done = agreeing.accept(audit, actor=holder, at=STARTS - HOUR)
    assert (done.state, done.sequence, done.starts_at) == ("ready", 1, LATER["starts_at"])
    assert mails()[-1] == "audits/tester_agreed"


def test_the_main_user_withdraws_until_it_begins(account, holder, staff):
    audit = tested.ready(account)
    done = agreeing.withdraw(audit, actor=holder, at=STARTS - HOUR, why="Andere plannen")
    assert (done.state, done.closed_at, done.sequence, done.is_cancelled) == ("withdrawn", STARTS - HOUR, 1, True)
    assert mails()[-1] == "audits/tester_withdrawn"
    with refused("no_such_step"):
        agreeing.withdraw(audit, actor=holder, at=STARTS)


def test_what_runs_is_not_withdrawn_and_only_the_main_user_does(account, holder, staff, colleague):
    audit = tested.running_one(account)
    for actor, code in ((holder, "no_such_step"), (staff, "not_main_user"), (colleague, "not_main_user")):
        with refused(code):
            agreeing.withdraw(audit, actor=actor, at=STARTS + HOUR)


def test_in_a_cancelled_account_a_test_goes_on_and_in_one_that_is_being_erased_nothing_does(account, holder, staff):
    audit = tested.announced(account)
    cancel_account(account, actor=holder, on=ANNOUNCED.date())
    agreeing.propose(audit, actor=staff, at=ANNOUNCED + HOUR, reason="Onderhoud", **LATER)
    Account.objects.filter(pk=account.pk).update(claimed_at=ANNOUNCED + DAY)
    with refused("being_erased"):
        agreeing.accept(audit, actor=holder, at=ANNOUNCED + DAY)
