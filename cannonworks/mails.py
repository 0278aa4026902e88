"""Mails as we write them, a subject above the first blank line, and when a failed one is tried again."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parseaddr
from smtplib import SMTPException, SMTPServerDisconnected
from typing import Any, Protocol, Self

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.utils import translation

log = logging.getLogger(__name__)

#: What a mail server that is away, or does not want a mail, makes of sending one.
FAILURES = (SMTPException, OSError)
#: A failed mail is tried again after this, twice as long each time, at most a day; it takes eight times to be more.
FIRST_PAUSE, LONGEST_PAUSE, DOUBLINGS = timedelta(minutes=10), timedelta(days=1), 8


class Waiting(Protocol):
    """A row of a mail that waits: how often it failed, when it is tried again, and the kind of the last failure."""

    pk: int
    attempts: int
    retry_at: datetime | None
    failure: str

    def save(self, *, update_fields: list[str]) -> None: ...


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


class Line:
    """One connection to the mail server for many mails, as a context; opened by the first, anew after a failure."""

    def __init__(self) -> None:
        self.backend: Any = get_connection()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection, whatever became of it."""
        with suppress(*FAILURES):
            self.backend.close()

    def send(self, mail: EmailMessage) -> None:
        """Send a mail; raises one of ``FAILURES``. A line that the server shut meanwhile is opened anew, once."""
        try:
            is_fresh = self.backend.open()
            try:
                self.backend.send_messages([mail])
            except SMTPServerDisconnected:
                if is_fresh:
                    raise
                self.close()
                self.backend.open()
                self.backend.send_messages([mail])
        except FAILURES:
            self.close()
            raise


def message_id(about: str) -> str:
    """The same for the same mail, so that a repeat after a crash is seen to be one."""
    return f"<{about}@{domain()}>"


def domain() -> str:
    """From which we send."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]


def next_try(attempts: int, *, at: datetime) -> datetime:
    """When a mail that failed ``attempts`` times, the last time at ``at``, is tried again."""
    return at + min(FIRST_PAUSE * 2 ** min(attempts - 1, DOUBLINGS), LONGEST_PAUSE)


def put_off(row: Waiting, error: Exception, *, at: datetime) -> None:
    """Note in the row of a mail, locked, that sending it failed, and when to try again."""
    row.attempts += 1
    row.retry_at = next_try(row.attempts, at=at)
    row.failure = type(error).__name__  # the server's words may quote the address
    row.save(update_fields=["attempts", "retry_at", "failure"])
    log.warning("mail %s %s failed: %s", type(row).__name__, row.pk, row.failure)
