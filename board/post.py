"""Digests to staff: planned by ``escalating``, written and sent here, each once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.models import User
from board.models import Digest, Escalation
from cannonworks import mails
from cannonworks.clocks import Urgency, address_of, kinds_for

#: So many clocks are named in a mail, the most urgent; the rest is counted.
NAMED = 20


def send_waiting(*, at: datetime, limit: int = 1_000) -> int:
    """Send what waits; return how many went. Safe on many workers at once."""
    return sum(send(pk, at=at) for pk in list(Digest.objects.to_send(at).values_list("pk", flat=True)[:limit]))


@transaction.atomic
def send(pk: int, *, at: datetime) -> bool:
    """Send one digest that waits; whether it went. A failure is noted, and it is tried again later.

    Who left, or may see none of it any more, is told nothing. A repeat after a crash has the same Message-ID.
    """
    waiting = Digest.objects.to_send(at).select_for_update(skip_locked=True, of=("self",))
    digest = waiting.select_related("user").filter(pk=pk).first()
    if digest is None:
        return False
    context = contents(digest)
    if context is None:
        digest.delete()
        return False
    message = mails.letter(
        "board/mail/digest", to=digest.user.email, language=digest.user.language, about=f"board-{digest.reference}",
        **context,
    )  # fmt: skip
    try:
        message.send()
    except mails.FAILURES as error:
        mails.put_off(digest, error, at=at)
        return False
    digest.sent_at, digest.failure = at, ""
    digest.save(update_fields=["sent_at", "failure"])
    return True


def contents(digest: Digest) -> dict[str, Any] | None:
    """What the mail says: the most urgent clocks by name, the rest as a number. None: nothing to this user any more."""
    user: User = digest.user
    known = {kind.name: kind for kind in kinds_for(user)} if user.is_active and user.is_staff else {}
    rows = Escalation.objects.filter(run=digest.run, kind__in=known)
    if user.is_superuser:
        rows = rows.filter(step=Urgency.PAST)
    total = rows.count()
    if not total:
        return None
    named = rows.order_by("-step", "due_at", "kind", "reference")[:NAMED]
    lines = [
        {"row": row, "kind": known[row.kind], "address": address and f"{settings.SITE_URL}{address}"}
        for row, address in ((row, address_of(row.page)) for row in named)
    ]
    return {
        "user": user,
        "lines": lines,
        "total": total,
        "past": rows.filter(step=Urgency.PAST).count(),
        "rest": total - len(lines),
        "board": f"{settings.SITE_URL}{reverse('admin:deadlines')}",
    }
