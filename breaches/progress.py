"""How far the notices of a breach are: for staff with 48 hours, in one statement (§13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from breaches.models import Affected, Breach, Phase

PROGRESS = """
SELECT count(*) AS planned, count(handed_at) AS handed, count(delivered_at) AS delivered, count(failed_at) AS bounced,
       count(read_at) AS read, count(acknowledged_at) AS acknowledged, coalesce(sum(repeats), 0) AS repeats,
       count(*) FILTER (WHERE handed_at IS NULL AND failed_at IS NULL) AS waiting,
       count(*) FILTER (WHERE retry_at IS NOT NULL) AS failing,
       (SELECT count(*) FROM breaches_affected
        WHERE breach_id = %(breach)s AND told_at IS NULL AND excused_at IS NULL) AS untold,
       (SELECT min(due_at) FROM breaches_affected
        WHERE breach_id = %(breach)s AND told_at IS NULL AND excused_at IS NULL) AS due_at
FROM breaches_notice WHERE phase_id = %(phase)s
"""


@dataclass(frozen=True)
class Progress:
    """Counts of the notices of one phase; and of the breach, who was never told and by when."""

    planned: int
    handed: int
    delivered: int
    bounced: int
    read: int
    acknowledged: int
    repeats: int
    waiting: int
    failing: int
    untold: int
    due_at: datetime | None

    @property
    def percent(self) -> int:
        """Of what is to be handed to the mail server, rounded down: 100 only when all of it is."""
        return 100 * (self.planned - self.waiting) // self.planned if self.planned else 0

    @property
    def is_under_way(self) -> bool:
        """Whether looking again in a moment shows something else."""
        return self.waiting > 0 or not self.planned


def progress_of(phase: Phase) -> Progress:
    """How far the notices of a released phase are."""
    with connection.cursor() as cursor:
        cursor.execute(PROGRESS, {"breach": phase.breach_id, "phase": phase.pk})
        return Progress(*cursor.fetchone())


def readers_of(phase: Phase) -> int:
    """How many accounts are on the list and not gone: staff see neither who the main users are nor their languages."""
    return Affected.objects.filter(breach=phase.breach_id, excused_at__isnull=True).count()


def latest(breach: Breach) -> tuple[Phase | None, Phase | None]:
    """The last phase that was released, and the last of all when that still waits for it."""
    phases = list(breach.phases.order_by("number"))
    released = next((phase for phase in reversed(phases) if phase.is_released), None)
    last = phases[-1] if phases else None
    return released, None if last is None or last.is_released else last
