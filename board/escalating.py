"""Telling staff of clocks that pass half, three quarters, nine tenths and all of their term: one mail a run, each once.

What was found and who is to be told of it are written in one transaction, and the mail goes after it, as often as it
takes, under one Message-ID: a crash in between loses no mail, and two jobs at once tell each clock once.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import connection, transaction

from accounts import outbox
from accounts.models import User
from board.running import Clocks, Urgency
from cannonworks import turns
from cannonworks.clocks import kinds, kinds_for

#: Of clocks that are over it is forgotten that they were told, so long after their end.
FORGOTTEN_AFTER = timedelta(days=30)
SAME = "before.kind = clocks.kind AND before.reference = clocks.reference AND before.due_at = clocks.due"


@transaction.atomic
def escalate(*, at: datetime) -> int:
    """Record every step that was passed and not told yet, plan a digest for whoever may see it; return how many steps.

    A clock that is found past several steps at once tells the last of them alone. Two jobs wait for one another.
    """
    run = uuid.uuid4()
    found = _record(run, at)
    if not found:
        return 0
    for user in User.objects.filter(is_staff=True, is_active=True).order_by("pk"):
        if is_told(user, found):
            outbox.plan("board/digest", about=run, account=None, at=at, reader=user.reference)
    return sum(found.values())


def is_told(user: User, found: Iterable[tuple[str, int]]) -> bool:
    """Whether some of these steps of kinds are mailed to a member of staff: by right; administrators what is past."""
    least = Urgency.PAST if user.is_superuser else Urgency.HALF
    seen = {kind.name for kind in kinds_for(user)}
    return any(kind in seen and step >= least for kind, step in found)


@transaction.atomic
def forget(*, at: datetime) -> int:
    """Remove what was told of clocks that are over and ended long ago; return how many rows."""
    before = at - FORGOTTEN_AFTER
    stated = Clocks(kinds(), at).statement(
        f"DELETE FROM board_escalation AS before WHERE due_at < %s AND told_at < %s"
        f" AND NOT EXISTS (SELECT FROM clocks WHERE {SAME})",
        [before, before],
    )
    gone = 0
    if stated:
        with connection.cursor() as cursor:
            cursor.execute(*stated)
            gone = cursor.rowcount
    return gone


def _record(run: uuid.UUID, at: datetime) -> Mapping[tuple[str, int], int]:
    """How many clocks of each kind passed which step since the last time: one statement, whatever the kinds."""
    stated = Clocks(kinds(), at).statement(
        ", told AS (INSERT INTO board_escalation (run, kind, reference, due_at, step, number, page, told_at)"
        " SELECT %s, kind, reference, due, urgency, number, page, %s FROM clocks WHERE urgency >= %s"
        f" AND NOT EXISTS (SELECT FROM board_escalation AS before WHERE {SAME} AND before.step >= clocks.urgency)"
        " ON CONFLICT DO NOTHING RETURNING kind, step) SELECT kind, step, count(*) FROM told GROUP BY kind, step",
        [run, at, Urgency.HALF.value],
    )
    if stated is None:
        return {}
    turns.wait_for("escalation of clocks")
    with connection.cursor() as cursor:
        cursor.execute(*stated)
        return {(kind, step): count for kind, step, count in cursor.fetchall()}
