"""The holder's own 72 hours (AVG 33(1)): from our first word to the holder, counted as they pass."""

from __future__ import annotations

from datetime import datetime

from cannonworks.deadlines import Deadline, compute, kind_named


def own_clock(told_at: datetime | None) -> Deadline | None:
    """The holder's 72 hours, which begin when he hears it from us; None as long as he was told nothing."""
    return compute(kind_named("supervisor_notice"), told_at) if told_at else None
