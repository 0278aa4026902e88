"""Mails about what is done: planned with their step, sent once by a real server, tried again when it refuses (§15)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import transaction

from accounts import outbox
from accounts.models import PlannedMail, User
from accounts.outbox import Addressed
from tests.asked import ASKED_AT

pytestmark = [pytest.mark.django_db, pytest.mark.clause("15")]
TEMPLATE = "rights/trial"
MAILS = Path(__file__).parents[2] / "templates" / "rights" / "mail"


@pytest.fixture(autouse=True)
def _writer(monkeypatch, settings, tmp_path):
    """A mail of its own, whose words lie in a folder of this test."""
    folder = tmp_path / "rights" / "mail"
    folder.mkdir(parents=True)
    (folder / "trial.txt").write_text("Hallo {{ name }}\n\nKijk op {{ site_url }}.\n")
    engine = settings.TEMPLATES[0]
    settings.TEMPLATES = [{**engine, "DIRS": [tmp_path, *engine["DIRS"]]}]
    monkeypatch.setattr(outbox, "_writers", {})
    outbox.writes(TEMPLATE)(lambda about: Addressed("bram@thuis.example", "nl", {"name": str(about)[:8]}))


def test_a_mail_goes_once_however_often_it_is_sent(post_office, settings):
    about = uuid4()
    outbox.plan(TEMPLATE, about=about, account=None, at=ASKED_AT)
    mail = PlannedMail.objects.get()
    assert [outbox.send(mail.pk, at=ASKED_AT), outbox.send(mail.pk, at=ASKED_AT), outbox.send_waiting(at=ASKED_AT)] == [
        1,
        0,
        0,
    ]
    (letter,) = post_office.letters
    assert (letter["To"], letter["Subject"]) == ("bram@thuis.example", f"Hallo {str(about)[:8]}")
    assert letter.get_content().strip() == f"Kijk op {settings.SITE_URL}."
    assert letter["Message-ID"].startswith(f"<rights-{mail.pk}@")
    assert PlannedMail.objects.get().sent_at == ASKED_AT


def test_what_the_server_refuses_is_tried_again_ever_later_and_quotes_nobody(post_office):
    outbox.plan(TEMPLATE, about=uuid4(), account=None, at=ASKED_AT)
    post_office.refusal = "451 later"
    pauses, at = [], ASKED_AT
    for _time in range(4):
        assert outbox.send_waiting(at=at) == 0
        mail = PlannedMail.objects.get()
        pauses.append(mail.retry_at - at)
        assert outbox.send_waiting(at=mail.retry_at - timedelta(seconds=1)) == 0
        at = mail.retry_at
    assert [pause // timedelta(minutes=1) for pause in pauses] == [10, 20, 40, 80]
    assert (mail.attempts, mail.failure) == (4, "SMTPDataError")
    post_office.refusal = ""
    assert (outbox.send_waiting(at=at), len(post_office.letters)) == (1, 1)


def test_a_mail_to_nobody_is_forgotten(post_office, monkeypatch):
    outbox.plan(TEMPLATE, about=uuid4(), account=None, at=ASKED_AT)
    outbox.writes(TEMPLATE)(lambda about: None)
    assert (outbox.send_waiting(at=ASKED_AT), post_office.letters, PlannedMail.objects.count()) == (0, [], 0)


def test_a_step_that_fails_plans_no_mail():
    with pytest.raises(RuntimeError), transaction.atomic():
        outbox.plan(TEMPLATE, about=uuid4(), account=None, at=ASKED_AT)
        raise RuntimeError
    assert not PlannedMail.objects.exists()
    with pytest.raises(LookupError):
        outbox.plan("unknown", about=uuid4(), account=None, at=ASKED_AT)


def test_what_concerns_an_account_goes_to_whoever_decides_for_it_by_then(account, holder, colleague):
    for user in (holder, colleague):
        User.objects.filter(account=account).update(is_main=False)
        User.objects.filter(pk=user.pk).update(is_main=True, language="en")
        context = {"user": user, "company": account.company, "number": 7}
        assert outbox.to_main_user(account.pk, number=7) == Addressed(user.email, "en", context)
    assert outbox.to_main_user(None) is None


@pytest.mark.parametrize("name", sorted(path.stem for path in MAILS.glob("*.txt") if "requester" not in path.stem))
def test_every_mail_to_who_signs_in_greets_them_by_their_name(name):
    assert name.startswith("_") or "with name=user.first_name %}Hello" in (MAILS / f"{name}.txt").read_text()
