"""What the requester is told by mail: in their language, at each step, and the same whoever was found (§15)."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client

from accounts import outbox
from accounts.models import PlannedMail
from cannonworks import isolation
from rights.models import SubjectRequest
from rights.telling import MAILS, STILL_OPEN, tell_requester
from tests.asked import ASKED_AT, subject_request

pytestmark = [pytest.mark.django_db, pytest.mark.clause("15")]
#: What there is to tell → the state in which it is told.
STEPS = {
    "received": "received", "answered": "closed", "passed_on": "told", "handled": "done", "check_begun": "checking",
    "checked": "closed", "closed": "closed",
    "joined": "closed", "unproven": "closed", "term_over": "told",
}  # fmt: skip


def told(row: SubjectRequest, what: str) -> mail.EmailMessage:
    """The mail of a step, sent as a worker sends it."""
    tell_requester(row, what, at=ASKED_AT)
    outbox.send_waiting(at=ASKED_AT)
    return mail.outbox.pop()


def page_in(letter: mail.EmailMessage) -> str:
    return next(word for word in letter.body.split() if "/request/" in word).removeprefix(settings.SITE_URL)


@pytest.mark.parametrize(("language", "hello"), [("nl", "Hallo Bram Smit,"), ("en", "Hello Bram Smit,")])
@pytest.mark.parametrize("what", MAILS)
def test_each_step_is_told_in_the_language_of_the_requester(account, what, language, hello):
    state = STEPS[what]
    row = subject_request(account if state != "received" else None, state=state, language=language)
    letter = told(row, what)
    assert letter.to == [row.email]
    assert letter.subject
    lines = letter.body.splitlines()
    assert lines[0] == hello
    assert lines[-1] == "CannonWorks"
    assert not any(before == after == "" for before, after in pairwise(lines))
    assert "{" not in letter.body
    assert ("je " in letter.body) is (language == "nl")
    shown = Client().get(page_in(letter)).content.decode()
    assert "Bram Smit" in shown or page_in(letter) == "/request/"


@pytest.mark.parametrize("what", ["passed_on", "checked", "closed"])
def test_a_mail_tells_the_same_whoever_was_found(account, what):
    bodies = []
    for owner, outcome in ((account, "not_here"), (account, "fulfilled"), (None, "unmatched")):
        state = STEPS[what] if owner or what != "passed_on" else "unmatched"
        more = {"outcome": outcome} if state == "closed" else {}
        letter = told(subject_request(owner, state=state, **more), what)
        bodies.append(letter.subject + letter.body.replace(page_in(letter), ""))
    assert bodies == [bodies[0]] * 3


def test_a_check_that_found_something_undone_is_told_without_saying_what(account):
    assert "nog niet klaar" in told(subject_request(account, state="blocked"), "checked").subject
    assert PlannedMail.objects.get().template == STILL_OPEN


def test_that_it_was_passed_on_is_told_once_with_the_day_of_then(account):
    row = subject_request(state="unmatched")
    letter = told(row, "passed_on")
    assert "tot en met dinsdag 17 november 2026" in letter.body
    row.account, row.state = account, "told"
    row.told_at = row.due_at = ASKED_AT + timedelta(days=9)
    row.save()
    tell_requester(row, "passed_on", at=ASKED_AT + timedelta(days=9))
    assert PlannedMail.objects.count() == 1


@pytest.mark.parametrize("what", ["handled", "checked", "closed"])
def test_that_issued_documents_keep_their_own_is_said_of_erasure_alone(account, what):
    for wish in ("erase", "restrict"):
        row = subject_request(account, state=STEPS[what], wish=wish)
        assert ("offerte of factuur" in told(row, what).body) is (wish == "erase")


def test_an_answer_has_the_privacy_statement_and_the_agreement_for_who_wants_it():
    for wants in (True, False):
        row = subject_request(state="closed", wish="inform", company="", outcome="answered", wants_agreement=wants)
        body = told(row, "answered").body
        assert f"{settings.SITE_URL}/privacy/" in body
        assert (f"{settings.SITE_URL}/terms/" in body) is wants


def test_who_came_by_letter_is_written_a_letter_by_staff(account):
    for what in MAILS:
        tell_requester(subject_request(account, state="told", email="", channel="letter"), what, at=ASKED_AT)
    assert not PlannedMail.objects.exists()


@pytest.mark.parametrize("who", ["holder", "staff", "jobs", "bearer"])
def test_everybody_who_takes_a_step_may_tell_of_it(account, staff, who):
    row = subject_request(account, state="told")
    identities = {
        "holder": isolation.of(account.main_user), "staff": isolation.of(staff), "jobs": isolation.JOBS,
        "bearer": isolation.reader(str(row.reference)),
    }  # fmt: skip
    with isolation.acting_as(identities[who]):
        for what in MAILS:
            tell_requester(row, what, at=ASKED_AT)
    assert PlannedMail.objects.count() == len(MAILS)


def test_every_text_is_of_a_mail_and_every_mail_has_one():
    texts = {f"rights/{path.stem}" for path in Path(settings.BASE_DIR, "templates/rights/mail").glob("requester_*.txt")}
    assert texts == {*MAILS.values(), STILL_OPEN, "rights/requester_link"}
    with pytest.raises(KeyError):
        tell_requester(SubjectRequest(), "nothing", at=ASKED_AT)
