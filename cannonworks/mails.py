"""Mails as we write them: a template with its subject above the first blank line, in its reader's language."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parseaddr
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation

FAILURES = (SMTPException, OSError)
#: A failed mail is tried again after this, twice as long each time, at most a day.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(days=1)


def written(template: str, *, language: str, **context: Any) -> tuple[str, str]:
    """Subject and body of the mail that ``template`` (without ``.txt``) writes in ``language``.

    Beside ``context`` it sees ``site_url``.
    """
    with translation.override(language):
        text = render_to_string(f"{template}.txt", {**context, "site_url": settings.SITE_URL})
    subject, _blank, body = text.strip().partition("\n\n")
    return " ".join(subject.split()), body.strip() + "\n"


def letter(template: str, *, to: str, language: str, about: str, **context: Any) -> EmailMessage:
    """The mail to ``to`` that ``template`` writes; what it is ``about`` gives it its Message-ID."""
    subject, body = written(template, language=language, **context)
    return EmailMessage(subject, body, to=[to], headers={"Message-ID": message_id(about)})


def message_id(about: str) -> str:
    """The same for the same mail, so that a repeat after a crash is seen to be one."""
    return f"<{about}@{domain()}>"


def domain() -> str:
    """From which we send."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]


def put_off(row: Any, error: BaseException, *, at: datetime) -> None:
    """Note that a mail (a row with ``attempts``, ``retry_at`` and ``failure``) did not go, and when it goes again."""
    row.attempts += 1
    row.retry_at = at + min(FIRST_PAUSE * 2 ** (row.attempts - 1), LONGEST_PAUSE)
    row.failure = type(error).__name__  # the server's words may quote the address
    row.save(update_fields=["attempts", "retry_at", "failure"])
