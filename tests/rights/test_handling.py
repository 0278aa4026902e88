"""What staff do with requests, under the database role of staff: enter, match, check, block, close (§15)."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.utils import translation

from accounts import outbox
from accounts.models import Account, PlannedMail
from accounts.states import State
from cannonworks import isolation
from cannonworks.deadlines import AMSTERDAM
from cannonworks.errors import Refused
from journal.events import EVENTS
from journal.models import Entry
from relations.models import Relation
from relations.services import add_relation
from rights import handling
from rights.evidence import evidence
from rights.letters_to_requester import on_paper
from rights.models import Outcome, SubjectRequest
from rights.states import REQUEST_STEPS, RequestState
from tests.asked import ASKED_AT, due_after, subject_request
from tests.cast import member
from tests.factories import AccountFactory

pytestmark = [pytest.mark.django_db, pytest.mark.clause("15")]
AT = ASKED_AT + timedelta(hours=2)
CALL = {
    "channel": "phone", "wish": "change", "name": "Bram Smit", "email": "Bram@Thuis.example", "company": "De Vries",
    "details": "Nieuw adres", "identity_check": "Teruggebeld op het bekende nummer",
}  # fmt: skip
PAPER = {"email": "", "address": "Brink 1, 9401 AA Assen"}


@pytest.fixture
def officer(db):
    return member("Privacy officer")


@pytest.fixture
def support(db):
    return member("Support")


@pytest.fixture
def as_staff(account, support, officer):
    """All of the test speaks to the database as staff do."""
    with isolation.acting_as(isolation.of(support)):
        yield


def as_jobs(question):
    with isolation.acting_as(isolation.JOBS):
        return question()


def events() -> list[str]:
    rows = Entry.objects.filter(event__regex=r"^(request|account)\.(?!signed_up|activated|cancelled)")
    return as_jobs(lambda: list(rows.order_by("id").values_list("event", flat=True)))


def mails() -> list[str]:
    return as_jobs(lambda: list(PlannedMail.objects.order_by("id").values_list("template", flat=True)))


def refused(code: str, act, *args, **more) -> None:
    before = as_jobs(lambda: (list(SubjectRequest.objects.order_by("id").values()), len(events()), mails()))
    with pytest.raises(Refused) as caught, transaction.atomic():
        act(*args, **more)
    assert caught.value.code == code
    assert as_jobs(lambda: (list(SubjectRequest.objects.order_by("id").values()), len(events()), mails())) == before


# --- It comes in -----------------------------------------------------------------------------------------------------
def test_a_phone_call_is_entered_and_who_called_is_told(as_staff, support):
    row = handling.enter(support, at=AT, **CALL)
    assert (row.state, row.channel, row.email, row.received_at) == ("received", "phone", "bram@thuis.example", AT)
    assert (events(), mails()) == (["request.entered"], ["rights/requester_received"])
    entry = as_jobs(lambda: Entry.objects.get(event="request.entered"))
    assert entry.facts == {"request": str(row.reference), "wish": "change", "channel": "phone"}
    assert (entry.actor_reference, entry.account_reference) == (support.reference, None)


def test_a_question_what_is_done_is_answered_at_once(as_staff, support):
    row = handling.enter(support, at=AT, **{**CALL, "wish": "inform", "company": ""})
    assert (row.state, row.outcome, row.closed_at, mails()) == ("closed", "answered", AT, ["rights/requester_answered"])


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("identity_check", {"identity_check": " "}), ("channel", {"channel": "form"}), ("name", {"name": " "}),
        ("address", {"email": ""}), ("company", {"company": " "}), ("email", {"email": "geen adres"}),
    ],
)  # fmt: skip
def test_what_is_missing_is_said_and_nothing_is_stored(as_staff, support, field, wrong):
    with pytest.raises(ValidationError) as caught:
        handling.enter(support, at=AT, **{**CALL, **wrong})
    assert list(caught.value.message_dict) == [field]
    assert not SubjectRequest.objects.exists()


def test_a_letter_without_an_e_mail_gets_its_words_on_paper(as_staff, support, account):
    with translation.override("en"):
        row = handling.enter(support, at=AT, language="nl", **{**CALL, **PAPER, "channel": "letter"})
        assert mails() == []
        assert str(row) in on_paper(row)
        row = handling.match(row, account=account, actor=support, at=AT)
        assert "dinsdag 17 november 2026" in on_paper(row)
        assert (mails(), "http" in on_paper(row)) == (["rights/holder_told"], False)
        unknown = handling.enter(support, at=AT, **{**CALL, **PAPER, "name": "Anna"})
        unknown = handling.no_account(unknown, actor=support, at=AT + timedelta(days=1))
        assert "woensdag 18 november 2026" in on_paper(unknown)


# --- Whose it is -----------------------------------------------------------------------------------------------------
def test_the_holder_is_told_and_five_working_days_start(as_staff, support, account):
    row = subject_request(at=ASKED_AT)
    row = handling.match(row, account=account, actor=support, at=AT)
    due_at = datetime(2026, 11, 18, tzinfo=AMSTERDAM)
    assert (row.state, row.account, row.told_at, row.due_at) == ("told", account, AT, due_at)
    assert (events(), mails()) == (["request.told"], ["rights/holder_told", "rights/requester_passed_on"])
    assert row.deadline.due_at == due_at


@pytest.mark.parametrize(
    ("told_at", "due_on"),
    [
        (datetime(2026, 4, 2, 23, 59, 59, tzinfo=AMSTERDAM), date(2026, 4, 14)),  # the Thursday evening before Easter
        (datetime(2026, 4, 3, 18, 0, tzinfo=AMSTERDAM), date(2026, 4, 14)),  # Good Friday itself
        (datetime(2026, 4, 24, 17, 0, tzinfo=AMSTERDAM), date(2026, 5, 5)),  # King's Day on Monday; ends before 5 May
        (datetime(2026, 4, 28, 9, 0, tzinfo=AMSTERDAM), date(2026, 5, 7)),  # 5 May counts as no working day
        (datetime(2026, 3, 27, 12, 0, tzinfo=AMSTERDAM), date(2026, 4, 8)),  # summer time begins on the 29th
        (datetime(2026, 10, 23, 12, 0, tzinfo=AMSTERDAM), date(2026, 10, 31)),  # winter time begins on the 25th
    ],
)
def test_the_clock_of_holder_and_requester_is_the_same(as_staff, support, account, told_at, due_on):
    due_at = datetime(due_on.year, due_on.month, due_on.day, tzinfo=AMSTERDAM)
    known = handling.match(subject_request(at=told_at), account=account, actor=support, at=told_at)
    unknown = handling.no_account(subject_request(at=told_at, email="a@b.example"), actor=support, at=told_at)
    instant = timedelta(microseconds=1)
    for row in (known, unknown):
        assert row.due_at == due_at
        assert handling.deadline_of(row).due_at == due_at
        asked = [handling.check_may_be_asked(row, at=due_at + after) for after in (-instant, 0 * instant, instant)]
        assert asked == [False, True, True]


def test_nobody_found_is_told_the_same(as_staff, support):
    row = handling.no_account(subject_request(), actor=support, at=AT)
    assert (row.state, row.account, row.told_at, row.due_at) == ("unmatched", None, None, due_after(AT))
    assert (events(), mails()) == (["request.unmatched"], ["rights/requester_passed_on"])


def test_an_account_that_turns_up_later_is_told_and_the_requester_hears_nothing_new(as_staff, support, account):
    row = handling.no_account(subject_request(), actor=support, at=AT)
    later = AT + timedelta(days=3)
    row = handling.match(row, account=account, actor=support, at=later)
    assert (row.state, row.told_at, row.due_at) == ("told", later, due_after(later))
    assert mails() == ["rights/requester_passed_on", "rights/holder_told"]


@pytest.mark.parametrize("why", ["erased", "claimed", "ordered"])
def test_an_account_that_goes_is_told_nothing(support, account, why):
    fields = {
        "erased": {"state": State.ERASED, "erased_on": date(2028, 1, 6), "erase_on": None, "warn_on": None}, "claimed": {"claimed_at": AT},
        "ordered": {"ordered_on": date(2026, 3, 1)},
    }[why]  # fmt: skip
    gone = AccountFactory(state=State.CANCELLED)
    with isolation.acting_as(isolation.NOBODY):
        Account.objects.filter(pk=gone.pk).update(**fields)
    row = subject_request()
    with isolation.acting_as(isolation.of(support)):
        code = {"erased": "erased", "claimed": "being_erased", "ordered": "erasure_confirmed"}[why]
        refused(code, handling.match, row, account=gone, actor=support, at=AT)


def test_a_request_has_one_account(as_staff, support, account):
    row = subject_request(account, state="told")
    refused("matched", handling.match, row, account=account, actor=support, at=AT)


# --- The same, twice -------------------------------------------------------------------------------------------------
def test_the_same_of_the_same_mailbox_is_joined(as_staff, support, account):
    earlier = subject_request(account, state="told")
    row = handling.match(subject_request(email="BRAM@thuis.example"), account=account, actor=support, at=AT)
    assert (row.state, row.outcome, row.joined_to, row.account) == ("closed", "joined", earlier, account)
    assert (row.due_at, row.closed_at) == (earlier.due_at, AT)
    assert (events(), mails()) == (["request.joined"], ["rights/requester_joined"])


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({"wish": "erase"}, {}), ({"email": "x@y.example"}, {}), ({"state": "done"}, {}), ({"state": "closed"}, {}),
        ({"details": "Iets anders"}, {}), ({"email": "", "name": "Bram Smit"}, {"email": ""}),
        ({"email": "", "address": "Brink 1"}, {"email": "", "address": "Brink 2"}),
    ],
)  # fmt: skip
def test_what_differs_is_not_joined(as_staff, support, account, earlier, later):
    subject_request(account, **{"state": "told", **earlier})
    assert handling.match(subject_request(**later), account=account, actor=support, at=AT).state == "told"


def test_in_another_account_it_is_another_request(outsider, as_staff, support, account):
    subject_request(outsider.account, state="told")
    assert handling.match(subject_request(), account=account, actor=support, at=AT).state == "told"


def test_on_paper_name_and_address_tell_who_it_is(as_staff, support, account):
    earlier = subject_request(account, state="blocked", **PAPER)
    row = subject_request(name="bram smit", **PAPER)
    assert handling.match(row, account=account, actor=support, at=AT).joined_to == earlier


def test_of_no_account_it_is_joined_all_the_same(as_staff, support):
    earlier = handling.no_account(subject_request(), actor=support, at=AT)
    row = handling.no_account(subject_request(company="timmerbedrijf DE VRIES"), actor=support, at=AT)
    assert (row.outcome, row.joined_to, mails()) == (
        "joined",
        earlier,
        ["rights/requester_passed_on", "rights/requester_joined"],
    )
    other = handling.no_account(subject_request(company="Jansen"), actor=support, at=AT)
    assert other.state == "unmatched"


# --- Not shown who asks, taken back ----------------------------------------------------------------------------------
def test_who_does_not_show_who_it_is_is_told_so(as_staff, support, account):
    row = handling.refuse_unproven(subject_request(), actor=support, at=AT)
    assert (row.state, row.outcome, events(), mails()) == (
        "closed", "unproven", ["request.closed"], ["rights/requester_unproven"],
    )  # fmt: skip
    told = subject_request(account, state="told")
    refused("passed_on", handling.refuse_unproven, told, actor=support, at=AT)


def test_taking_back_by_phone_opens_the_account_again(as_staff, support, account):
    row = subject_request(account, state="blocked")
    row = handling.take_back(row, actor=support, at=AT)
    assert (row.state, row.outcome) == ("closed", "withdrawn")
    assert Account.objects.get(pk=account.pk).blocked_at is None
    assert mails() == ["rights/holder_withdrawn", "rights/requester_closed", "rights/holder_unblocked"]


def test_an_account_with_another_request_stays_blocked(as_staff, support, account):
    first, _other = subject_request(account, state="blocked"), subject_request(account, state="blocked", wish="erase")
    handling.take_back(first, actor=support, at=AT)
    assert Account.objects.get(pk=account.pk).blocked_at is not None


# --- The check -------------------------------------------------------------------------------------------------------
def test_a_check_is_noted_once_the_term_is_over(as_staff, support, account):
    row = subject_request(account, state="told")
    refused("no_check_now", handling.note_check, row, actor=support, at=row.due_at - timedelta(microseconds=1))
    row = handling.note_check(row, actor=support, at=row.due_at)
    assert (row.state, row.check_asked_at, mails()) == ("checking", row.due_at, ["rights/requester_check_begun"])


def test_on_paper_and_of_no_account_the_clock_is_that_of_the_letter(as_staff, support):
    row = handling.no_account(subject_request(**PAPER), actor=support, at=AT + timedelta(days=2))
    refused("no_check_now", handling.note_check, row, actor=support, at=row.due_at - timedelta(microseconds=1))
    assert handling.note_check(row, actor=support, at=row.due_at).state == "checking"


def test_carried_out_closes_it(as_staff, support, account):
    row = subject_request(account, state="checking")
    row = handling.decide(row, carried_out=True, actor=support, at=row.due_at)
    assert (row.state, row.outcome, row.checked_at, row.closed_at) == ("closed", "fulfilled", row.due_at, row.due_at)
    assert (events(), mails()) == (["request.checked", "request.closed"], ["rights/requester_checked"])


def test_what_the_holder_said_is_kept(as_staff, support, account):
    row = subject_request(account, state="checking", outcome="declined", note="Wij moeten het bewaren")
    assert handling.decide(row, carried_out=True, actor=support, at=row.due_at).outcome == "declined"


def test_not_carried_out_blocks_the_account(as_staff, officer, account):
    row = subject_request(account, state="checking", outcome="fulfilled")
    row = handling.decide(row, carried_out=False, actor=officer, at=row.due_at)
    assert (row.state, row.checked_at, row.blocked_at, row.outcome) == ("blocked", row.due_at, row.due_at, "")
    assert Account.objects.get(pk=account.pk).blocked_at == row.due_at
    assert events() == ["request.checked", "request.blocked", "account.blocked"]
    assert mails() == ["rights/holder_blocked", "rights/requester_still_open"]


@pytest.mark.parametrize("carried_out", [True, False])
def test_staff_decide_on_the_answer_that_they_saw(as_staff, officer, account, carried_out):
    seen = subject_request(account, state="checking")
    SubjectRequest.objects.filter(pk=seen.pk).update(outcome="declined", note="Fiscaal", done_at=seen.due_at)
    refused("answered_meanwhile", handling.decide, seen, carried_out=carried_out, actor=officer, at=seen.due_at)
    seen.refresh_from_db()
    state = "closed" if carried_out else "blocked"
    assert handling.decide(seen, carried_out=carried_out, actor=officer, at=seen.due_at).state == state


def test_nothing_is_blocked_before_the_term_is_over(as_staff, officer, account):
    row = subject_request(account, state="checking")
    refused(
        "term_runs", handling.decide, row, carried_out=False, actor=officer, at=row.due_at - timedelta(microseconds=1)
    )


def test_support_does_not_block(as_staff, support, account):
    row = subject_request(account, state="checking")
    refused("may_not_block", handling.decide, row, carried_out=False, actor=support, at=row.due_at)


@pytest.mark.parametrize("carried_out", [True, False])
def test_a_check_of_no_account_ends_the_same_way(as_staff, support, carried_out):
    row = subject_request(state="checking")
    row = handling.decide(row, carried_out=carried_out, actor=support, at=AT + timedelta(days=20))
    assert (row.state, row.outcome, mails()) == ("closed", "unmatched", ["rights/requester_checked"])


@pytest.mark.parametrize("state", sorted(set(RequestState.values) - {"checking"}))
def test_only_what_is_being_checked_is_decided(as_staff, officer, account, state):
    row = subject_request(None if state in ("received", "unmatched") else account, state=state)
    for carried_out in (True, False):
        refused("no_check", handling.decide, row, carried_out=carried_out, actor=officer, at=due_after(AT))


def test_an_account_found_during_a_check_is_told_first(as_staff, officer, account):
    row = subject_request(state="checking", due_at=due_after(ASKED_AT))
    at = row.due_at + timedelta(days=1)
    row = handling.match(row, account=account, actor=officer, at=at)
    assert (row.state, row.due_at, mails()) == (
        "told",
        due_after(at),
        ["rights/holder_told", "rights/requester_passed_on"],
    )


# --- Who may, and which steps there are ------------------------------------------------------------------------------
ACTS = {
    "match": lambda row, actor, account: handling.match(row, account=account, actor=actor, at=AT),
    "no_account": lambda row, actor, _account: handling.no_account(row, actor=actor, at=AT),
    "refuse_unproven": lambda row, actor, _account: handling.refuse_unproven(row, actor=actor, at=AT),
    "note_check": lambda row, actor, _account: handling.note_check(row, actor=actor, at=AT),
    "decide": lambda row, actor, _account: handling.decide(row, carried_out=True, actor=actor, at=AT),
    "take_back": lambda row, actor, _account: handling.take_back(row, actor=actor, at=AT),
}


@pytest.mark.parametrize("act", ACTS)
def test_holders_do_none_of_it(account, holder, act):
    refused("not_staff", ACTS[act], subject_request(), holder, account)
    refused("not_staff", lambda: handling.enter(holder, at=AT, **CALL))


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("state", RequestState.values)
def test_no_act_takes_a_step_that_is_not_there(as_staff, support, account, act, state):
    row = subject_request(None if state in ("received", "unmatched") else account, state=state)
    try:
        with transaction.atomic():
            after = ACTS[act](row, support, account)
    except Refused:
        return
    assert after.state in REQUEST_STEPS[state]


def test_every_event_has_its_sentence(as_staff):
    names = "entered told unmatched joined checked check_asked check_resumed blocked closed reminded withdrawn"
    assert {f"request.{name}" for name in names.split()} <= EVENTS.keys()


# --- What staff see --------------------------------------------------------------------------------------------------
@pytest.mark.clause("7")
def test_staff_read_requests_and_no_relation(as_staff, account):
    row = subject_request(account, state="told")
    assert SubjectRequest.objects.get(pk=row.pk).name == "Bram Smit"
    for table in ("relations_relation", "relations_employee"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table}")


@pytest.fixture
def relation(account):
    return add_relation(account, actor=account.main_user, first_name="Bram", last_name="Smit")


def told(event: str, account, relation, **facts) -> None:
    from journal.services import record

    record(event, account=account, actor=account.main_user, clause="15", relation=relation.reference, **facts)


@pytest.mark.parametrize(
    ("wish", "done", "is_shown"),
    [
        ("change", ["relation.changed"], True), ("change", ["relation.restricted"], False), ("change", [], False),
        ("restrict", ["relation.restricted"], True), ("restrict", ["relation.restricted", "relation.lifted"], False),
        ("lift", ["relation.restricted", "relation.lifted"], True), ("lift", ["relation.restricted"], False),
        ("erase", ["relation.removed"], True), ("erase", ["relation.changed"], False),
    ],
)  # fmt: skip
def test_the_journal_shows_what_was_done(account, relation, support, wish, done, is_shown):
    more = {"person_kind": "relation", "person": relation.reference, "wish": wish}
    row = subject_request(account, state="checking", at=datetime(2026, 1, 5, 9, 0, tzinfo=AMSTERDAM), **more)
    for event in done:
        told(event, account, relation)
    other = add_relation(account, actor=account.main_user, first_name="Anna", last_name="Vos")
    told(f"relation.{'changed' if wish == 'change' else 'removed'}", account, other)
    with isolation.acting_as(isolation.of(support)):
        found = evidence(row)
    assert found.is_shown is is_shown
    assert [line.sentence for line in found.lines if line.shows] == ([str(EVENTS[done[-1]])] if is_shown else [])
    assert str(Relation.objects.get(pk=relation.pk)) not in repr(found)


def test_a_change_from_before_is_no_proof_and_a_restriction_is(account, relation, support):
    told("relation.restricted", account, relation)
    told("relation.changed", account, relation)
    chosen = {"person_kind": "relation", "person": relation.reference}
    later = datetime(2100, 1, 4, 9, 0, tzinfo=AMSTERDAM)  # the database says when an entry was written: now
    changed = subject_request(account, state="checking", at=later, wish="change", **chosen)
    restricted = subject_request(account, state="checking", at=later, wish="restrict", **chosen)
    with isolation.acting_as(isolation.of(support)):
        assert (evidence(changed).is_shown, evidence(changed).lines) == (False, ())
        assert (evidence(restricted).is_shown, len(evidence(restricted).lines)) == (True, 1)


def test_of_no_account_there_is_no_evidence(as_staff, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert evidence(subject_request_unsaved()).lines == ()


def subject_request_unsaved() -> SubjectRequest:
    return SubjectRequest(state="checking", wish="erase")


@pytest.mark.parametrize("what", ["received", "unmatched", "told", "done", "checking", "blocked", "closed"])
@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_step_has_words_on_paper(account, what, language):
    row = subject_request(
        None if what in ("received", "unmatched") else account, state=what, language=language, **PAPER,
        **({"due_at": due_after(AT)} if what == "unmatched" else {}),
    )  # fmt: skip
    subject, _blank, body = on_paper(row).partition("\n\n")
    assert (bool(subject), "Bram Smit" in body) == (True, True)
    assert not re.search(r"/request/\S+", body)
    assert on_paper(subject_request(email="a@b.example")) == ""


def test_each_mail_that_staff_cause_can_be_written(account, support, mailoutbox):
    known = handling.match(subject_request(), account=account, actor=support, at=AT)
    handling.match(subject_request(), account=account, actor=support, at=AT)
    handling.refuse_unproven(subject_request(), actor=support, at=AT)
    handling.decide(
        handling.note_check(known, actor=support, at=known.due_at), carried_out=True, actor=support, at=known.due_at
    )
    outbox.send_waiting(at=known.due_at)
    assert sorted(PlannedMail.objects.filter(sent_at__isnull=True).values_list("template", flat=True)) == []
    assert Outcome.JOINED in SubjectRequest.objects.values_list("outcome", flat=True)
    assert len(mailoutbox) >= 4
