"""Asking something about one's own data: a link by mail, one request from it, the same for everybody (§15)."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import tasks
from accounts.models import Account, PlannedMail
from accounts.services import cancel_account
from cannonworks import isolation
from cannonworks.errors import Refused
from journal.models import Entry
from rights import asking, links
from rights.models import SubjectRequest
from rights.states import WITH_HOLDER
from tests.asked import ASKED_AT, subject_request
from tests.signin import altered

pytestmark = [pytest.mark.django_db, pytest.mark.clause("15")]
EMAIL = "bram@thuis.example"
ASKED = {"wish": "change", "name": "Bram Smit", "company": "De Vries", "known_as": "", "details": "Nieuw adres",
         "wants_agreement": False}  # fmt: skip


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    """Mail goes when it is asked for; the queue has tests of its own."""
    monkeypatch.setattr(tasks.send_mail, "delay", tasks.send_mail)
    monkeypatch.setattr(tasks.send_planned, "delay", lambda pk: None)


@pytest.fixture(autouse=True)
def _visitor(holder):
    """As on a page: nobody is known, and the link alone opens anything."""
    with isolation.acting_as(isolation.VISITOR):
        yield


def link(reference=None) -> links.Link:
    return links.Link(reference or uuid4(), EMAIL, "nl")


def as_jobs(question):
    with isolation.acting_as(isolation.JOBS):
        return question()


def events() -> list[str]:
    return as_jobs(
        lambda: list(Entry.objects.filter(event__startswith="request.").order_by("id").values_list("event", flat=True))
    )


def mails() -> list[str]:
    return as_jobs(lambda: list(PlannedMail.objects.order_by("id").values_list("template", flat=True)))


def code(service, *args, **kwargs) -> str:
    with pytest.raises(Refused) as refused:
        service(*args, **kwargs)
    return refused.value.code


def test_a_link_makes_one_request_and_then_leads_to_it():
    token = links.seal(link(), at=ASKED_AT)
    opened = asking.opened(token, at=ASKED_AT)
    assert asking.found(token) is None
    made = asking.submit(opened, at=ASKED_AT, **ASKED)
    again = asking.submit(opened, at=ASKED_AT + timedelta(hours=1), **{**ASKED, "details": "Iets anders"})
    assert (again.pk, again.details) == (made.pk, "Nieuw adres")
    row = asking.found(token)
    assert (row.reference, row.email, row.state, row.language, row.received_at) == (
        opened.reference, EMAIL, "received", "nl", ASKED_AT,
    )  # fmt: skip
    assert (events(), mails()) == (["request.received"], ["rights/requester_received"])


def test_what_is_done_with_data_is_answered_at_once():
    made = asking.submit(link(), at=ASKED_AT, **{**ASKED, "wish": "inform", "company": "", "wants_agreement": True})
    assert (made.state, made.outcome, made.closed_at) == ("closed", "answered", ASKED_AT)
    assert (events(), mails()) == (["request.received", "request.answered"], ["rights/requester_answered"])


def test_a_link_that_was_altered_or_forged_opens_nothing():
    token = links.seal(link(), at=ASKED_AT)
    for wrong in (altered(token), "key", "", token[:-5], "é" * 40):
        assert code(asking.opened, wrong, at=ASKED_AT) == code(asking.found, wrong) == "link_over"


def test_a_link_lasts_three_days_and_for_a_request_as_long_as_that_is_there():
    token, over = links.seal(link(), at=ASKED_AT), ASKED_AT + timedelta(days=3)
    assert asking.opened(token, at=over - timedelta(seconds=1)).email == EMAIL
    assert code(asking.opened, token, at=over) == "link_over"
    asking.submit(asking.opened(token, at=ASKED_AT), at=ASKED_AT, **ASKED)
    assert asking.opened(token, at=over + timedelta(days=300)).email == EMAIL
    later = links.seal(link(asking.found(token).reference))
    assert asking.opened(later, at=ASKED_AT).email == EMAIL
    as_jobs(SubjectRequest.objects.all().delete)
    assert code(asking.opened, later, at=ASKED_AT) == code(asking.opened, token, at=over) == "link_over"


def test_whoever_bears_a_link_sees_that_request_alone(account):
    own, other = as_jobs(lambda: (subject_request(), subject_request(account, state="told")))
    with asking.bearing(own.reference):
        assert list(SubjectRequest.objects.values_list("pk", flat=True)) == [own.pk]
        assert SubjectRequest.objects.filter(pk=other.pk).update(name="x") == 0
    assert asking.found(links.seal(link(own.reference))).pk == own.pk


def test_a_joined_request_shows_the_earlier_of_the_same_mailbox_and_no_other(account):
    def rows(**more):
        first = subject_request(account, state="told", **more)
        return first, subject_request(account, state="closed", outcome="joined", joined_to=first)

    (first, joined), (_foreign, kept) = as_jobs(lambda: (rows(), rows(email="ander@elders.example")))
    assert asking.found(links.seal(link(joined.reference))).pk == first.pk
    assert asking.found(links.seal(link(kept.reference))).pk == kept.pk


def test_asking_stores_nothing_and_looks_nobody_up(django_capture_on_commit_callbacks, holder):
    heard = []
    for email in (holder.email, "niemand@nergens.example"):
        with django_capture_on_commit_callbacks(execute=True), CaptureQueriesContext(connection) as queries:
            asking.ask(email, language="en", at=ASKED_AT)
        heard.append(([query["sql"] for query in queries], re.sub(r"/request/\S+", "", mail.outbox.pop().body)))
    assert heard[0] == heard[1]
    assert heard[0][0] == []
    assert "three days" in heard[0][1]
    assert as_jobs(SubjectRequest.objects.count) == as_jobs(PlannedMail.objects.count) == 0


def test_mails_are_few_for_one_mailbox_and_for_all_together(django_capture_on_commit_callbacks, settings):
    settings.REQUEST_MAILS_AN_HOUR = 5
    with django_capture_on_commit_callbacks(execute=True):
        for _time in range(10):
            asking.ask(EMAIL, language="nl", at=ASKED_AT)
        assert not mail.outbox
    assert len(mail.outbox) == 3
    with django_capture_on_commit_callbacks(execute=True):
        for number in range(10):
            asking.ask(f"n{number}@elders.example", language="nl", at=ASKED_AT)
    assert len(mail.outbox) == 5


# --- A check, and taking it back -------------------------------------------------------------------------------------


def test_a_check_is_asked_from_the_moment_that_the_term_is_over(account):
    told, nobody = as_jobs(lambda: (subject_request(account, state="told"), subject_request(state="unmatched")))
    for row in (told, nobody):
        with asking.bearing(row.reference):
            due_at = asking.deadline_of(row).due_at
        assert code(asking.ask_for_check, row, at=due_at - timedelta(seconds=1)) == "no_check_now"
        assert as_jobs(lambda: PlannedMail.objects.count()) == 0
        checked = asking.ask_for_check(row, at=due_at)
        assert (checked.state, checked.check_asked_at, asking.stage_of(checked)) == ("checking", due_at, "checking")
        assert (events().pop(), mails()) == ("request.check_asked", ["rights/requester_check_begun"])
        assert code(asking.ask_for_check, row, at=due_at) == "no_check_now"
        as_jobs(PlannedMail.objects.all().delete)


def test_a_check_is_asked_until_thirty_days_after_it_was_handled(account):
    row = as_jobs(lambda: subject_request(account, state="done"))
    over = row.done_at + timedelta(days=30)
    assert code(asking.ask_for_check, row, at=over) == "no_check_now"
    assert asking.ask_for_check(row, at=over - timedelta(seconds=1)).state == "checking"


@pytest.mark.parametrize("state", ["received", "unmatched", "told", "done", "checking", "blocked"])
def test_a_request_is_taken_back_in_any_state_but_once(account, state):
    row = as_jobs(lambda: subject_request(account if state not in ("received", "unmatched") else None, state=state))
    gone = asking.take_back(row, at=ASKED_AT + timedelta(days=30))
    told = ["rights/requester_closed", *(["rights/holder_withdrawn"] if state in WITH_HOLDER else [])]
    assert (gone.state, gone.outcome, events(), mails()) == ("closed", "withdrawn", ["request.withdrawn"], told)
    assert code(asking.take_back, row, at=ASKED_AT) == "no_such_step"
    assert mails() == told


def test_an_account_that_was_blocked_for_it_opens_again_unless_another_keeps_it(
    account, django_capture_on_commit_callbacks, monkeypatch
):
    from rights import tasks

    monkeypatch.setattr(tasks.open_again, "delay", lambda reference: as_jobs(lambda: tasks.open_again(reference)))
    first, second = as_jobs(lambda: [subject_request(account, state="blocked") for _i in range(2)])
    for row, is_blocked in ((first, True), (second, False)):
        with django_capture_on_commit_callbacks(execute=True):
            asking.take_back(row, at=row.blocked_at + timedelta(hours=1))
        as_jobs(account.refresh_from_db)
        assert (account.blocked_at is not None) is is_blocked
    assert as_jobs(lambda: tasks.open_again(str(second.reference))) is False
    to_holder = as_jobs(lambda: list(PlannedMail.objects.filter(template="rights/holder_unblocked")))
    assert [mail.about for mail in to_holder] == [second.reference]


def test_an_account_that_is_being_erased_is_not_opened_any_more(account, holder):
    from rights import tasks

    row = as_jobs(lambda: subject_request(account, state="closed"))
    as_jobs(lambda: cancel_account(account, actor=holder, on=ASKED_AT.date()))
    as_jobs(lambda: Account.objects.update(blocked_at=ASKED_AT, claimed_at=ASKED_AT))
    assert as_jobs(lambda: tasks.open_again(str(row.reference))) is False
    assert mails() == []
