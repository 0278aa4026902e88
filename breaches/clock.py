"""The holder's own 72 hours (AVG 33(1)): from our first word to the holder, counted as they pass."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cannonworks.deadlines import Deadline, compute, kind_named

HOUR = timedelta(hours=1)
#: From here on the chip warns.
NEAR_HOURS = 24


@dataclass(frozen=True)
class Left:
    """How much is left: tone (of ``chip-…``), words, whole hours, and whether it is over."""

    tone: str
    words: str
    hours: int
    is_over: bool = False


def own_clock(told_at: datetime | None) -> Deadline | None:
    """The holder's 72 hours, which begin when he hears it from us; None as long as he was told nothing."""
    return compute(kind_named("supervisor_notice"), told_at) if told_at else None


def left_of(clock: Deadline, *, at: datetime) -> Left:
    """What is left of a clock at ``at``; elapsed hours, whatever a clock on the wall did meanwhile."""
    # In UTC: two local times of one zone are subtracted as if the clock had never changed.
    left = clock.due_at.astimezone(UTC) - at.astimezone(UTC)
    if left <= timedelta():
        return Left("going", _("The 72 hours are over"), 0, is_over=True)
    hours = left // HOUR
    if hours == 0:
        return Left("lapsed", _("Less than an hour left"), 0)
    words = ngettext("%(count)d hour left", "%(count)d hours left", hours) % {"count": hours}
    return Left("lapsed" if hours < NEAR_HOURS else "draft", words, hours)
