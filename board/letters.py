"""Digests to staff: planned by ``escalating``, written here as they are sent; see ``accounts.outbox``."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from accounts.models import User
from accounts.outbox import Addressed, writes
from board.models import Escalation
from board.running import Urgency, address_of
from cannonworks.clocks import kinds_for

#: So many clocks are named in a mail, the most urgent; the rest is counted.
NAMED = 20


@writes("board/digest")
def digest(about: UUID, reader: UUID | None = None) -> Addressed | None:
    """What a run found, to a member of staff; nothing to who left, or may see none of it any more."""
    user = User.objects.filter(reference=reader, is_staff=True, is_active=True).first()
    context = contents(about, user) if user else None
    return Addressed(user.email, user.language, context) if user and context else None


def contents(run: UUID, user: User) -> dict[str, Any] | None:
    """What the mail says: the most urgent clocks by name, the rest as a number. None: nothing to this user."""
    known = {kind.name: kind for kind in kinds_for(user)}
    rows = Escalation.objects.filter(run=run, kind__in=known)
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
