"""The mail that a notice is: its words, Message-ID and date are fixed before it goes for the first time (§13)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from functools import cache
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage

from breaches.models import Phase
from cannonworks import mails
from cannonworks.deadlines import compute, in_amsterdam, kind_named

TEMPLATE = "breaches/mail/notice"
#: What of a phase stands in it, under a heading each, where there is something to say.
TOLD = (
    "fact", "cause", "known_effects", "expected_effects", "measures_taken", "measures_proposed", "advice"
)  # fmt: skip
#: In front of the reference of a notice, in its Message-ID.
ABOUT = "breach-"


class Words(NamedTuple):
    """A subject and a body."""

    subject: str
    body: str


def words_of(phase: Phase, *, language: str, planned_at: datetime) -> Words:
    """What a notice of ``phase`` that was planned at ``planned_at`` says in ``language``; no name, no company.

    The first notice of a breach says until when the holder's own 72 hours run at the least: counted from its planning,
    since it is read later than that. Of a later one it depends on the reader when they began.
    """
    is_update = phase.breach.phases.released().filter(number__lt=phase.number).exists()
    until = compute(kind_named("supervisor_notice"), planned_at).due_at
    subject, body = mails.written(
        TEMPLATE, language=language, phase=phase, breach=phase.breach, is_update=is_update,
        said={name: getattr(phase, f"{name}_{language}").strip() for name in TOLD},
        until=in_amsterdam(until), noticed_at=in_amsterdam(phase.breach.noticed_at), contact=settings.HELPDESK,
        address=f"{settings.SITE_URL}/breaches/{phase.breach.reference}/",
    )  # fmt: skip
    return Words(subject, body)


def writer_of(phase: Phase) -> Callable[[str, datetime], Words]:
    """The same for many notices of one phase: rendered once for each language and planning."""
    return cache(lambda language, planned_at: words_of(phase, language=language, planned_at=planned_at))


def message(words: Words, *, to: str, reference: UUID, planned_at: datetime) -> EmailMessage:
    """The mail to ``to``, the same whenever it goes."""
    headers = {
        "Message-ID": message_id(reference), "Date": format_datetime(in_amsterdam(planned_at)),
        "Reply-To": settings.HELPDESK, "Auto-Submitted": "auto-generated",
    }  # fmt: skip
    return EmailMessage(words.subject, words.body, to=[to], headers=headers)


def message_id(reference: UUID) -> str:
    """The Message-ID of the notice with this reference, in all phases of its life."""
    return mails.message_id(f"{ABOUT}{reference}")
