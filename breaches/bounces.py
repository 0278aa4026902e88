"""Reports of mail servers about notices (RFC 3464): what came back, and what was delivered (§13).

Whoever can send mail can send such a report, so it counts for nothing but the notice whose Message-ID it knows: a
random reference, known to us and to whoever got that mail. It is bounded before it is looked at, and nothing of it
is stored but its status.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message
from email.policy import compat32
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _

from breaches import mailing, sending
from breaches.models import Notice
from cannonworks import mails
from cannonworks.errors import Refused

#: A report has headers of ours and some lines; whoever returns the whole mail is still far below it.
MOST_BYTES = 1024 * 1024
#: Parts and fields that are looked at.
MOST_PARTS = 50
STATUSES = ("message/delivery-status", "message/global-delivery-status")
RETURNED = ("message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers")
FAILED, DELIVERED = frozenset({"failed"}), frozenset({"delivered", "relayed", "expanded"})
REFERENCE = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MESSAGE_ID = re.compile(rf"<{mailing.ABOUT}({REFERENCE.pattern})@")
STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


class Report(NamedTuple):
    """What a report says of one mail: the notice that it was, what became of it, and the status of that."""

    reference: UUID
    action: str
    status: str


def take(text: bytes, *, at: datetime) -> str:
    """Note what a delivery report says of a notice; return that in one line. Idempotent.

    Refused, and nothing is changed, when it is no such report, too large, about no notice of ours, or about neither a
    delivery nor a failure.
    """
    report = read(text)
    notice = Notice.objects.filter(reference=report.reference).select_related("phase__breach", "account").first()
    if notice is None:
        raise Refused("no_notice", _("The report is about no notice of ours."), clause="13")
    if notice.begun_at is None:
        raise Refused("not_sent", _("The report is about a notice that was not sent yet."), clause="13")
    if report.action in FAILED:
        is_new = sending.note_bounce(notice, failure=report.status, at=at)
        return _said(notice, _("bounced"), is_new=is_new)
    is_new = sending.note_delivery(notice, at=at)
    return _said(notice, _("delivered"), is_new=is_new)


def read(text: bytes) -> Report:
    """Find in a report which notice it is about and what became of it. Refused when it says no such thing."""
    if len(text) > MOST_BYTES:
        raise Refused("too_large", _("The report is larger than any mail server makes one."), clause="13")
    try:
        report = _read(message_from_bytes(text, policy=compat32))
    except (MessageError, RecursionError, ValueError, LookupError, AttributeError, TypeError) as error:
        raise _no_report() from error
    if report is None:
        raise _no_report()
    return report


def _read(mail: Message) -> Report | None:
    if mail.get_content_type() != "multipart/report" or not mail.is_multipart():
        return None
    parts: list[Any] = list(mail.get_payload())[:MOST_PARTS]
    fields = next((part for part in parts if part.get_content_type() in STATUSES), None)
    if fields is None or not fields.is_multipart():
        return None
    blocks: list[Any] = list(fields.get_payload())[:MOST_PARTS]
    told = [
        (action, block.get("Status", ""))
        for block in blocks
        if (action := str(block.get("Action", "")).strip().lower()) in FAILED | DELIVERED
    ]
    reference = next(_references(parts, blocks), None)
    if not told or reference is None:
        return None
    # A notice has one recipient: what failed anywhere did not reach it.
    action, status = next((one for one in told if one[0] in FAILED), told[0])
    found = STATUS.search(str(status))
    return Report(reference, action, found[0] if found else "")


def _references(parts: list[Any], blocks: list[Any]) -> Iterator[UUID]:
    """Of the notice: from the headers that came back, else from the name that we gave the delivery."""
    for part in parts:
        if part.get_content_type() in RETURNED:
            yield from _reference_in(str(_headers(part).get("Message-ID", "")))
    for block in blocks:
        if found := REFERENCE.fullmatch(str(block.get("Original-Envelope-Id", "")).strip().lower()):
            yield UUID(found[0])


def _headers(part: Message) -> Message:
    """Those that came back, with the mail or alone."""
    if part.is_multipart():
        return part.get_payload(0)  # type: ignore[return-value]
    text = part.get_payload(decode=True)
    return message_from_bytes(text if isinstance(text, bytes) else b"", policy=compat32)


def _reference_in(message_id: str) -> Iterator[UUID]:
    if found := MESSAGE_ID.search(message_id.lower()):
        yield UUID(found[1])


def _no_report() -> Refused:
    message = _("This is no delivery report about a notice of a breach: nothing is changed.")
    return Refused("no_report", message, clause="13")


def _said(notice: Notice, what: str, *, is_new: bool) -> str:
    known = "" if is_new else _(" (known already)")
    return f"{mails.message_id(f'{mailing.ABOUT}{notice.reference}')} {what}{known}"
