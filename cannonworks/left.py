"""How much of a term that runs is left, as a chip: "3 working days left", "5 hours left"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cannonworks.deadlines import ONE_DAY, Unit, last_day_before, why_not_working

#: A term in hours is nearly over with so many left.
FEW_HOURS = 24


@dataclass(frozen=True)
class Left:
    """Tone (of ``chip-…``) and words, and the last day of the term; ``is_over``: it has ended."""

    tone: str
    words: str
    last_day: date
    is_over: bool = False
    #: Whole ones, of a term in hours.
    hours: int = 0


def days_left(due_at: datetime, unit: Unit, *, on: date) -> Left:
    """What is left on this day of a term that is over at ``due_at``, counted as it was: in days or in working days."""
    last_day = last_day_before(due_at)
    if on > last_day:
        return Left("going", _("the term is over"), last_day, is_over=True)
    if on == last_day:
        return Left("lapsed", _("today is the last day"), last_day)
    if unit is Unit.WORKING_DAYS:
        days = working_days(on, last_day)
        words = ngettext("%(count)d working day left", "%(count)d working days left", days)
    else:
        days = (last_day - on).days
        words = ngettext("%(count)d day left", "%(count)d days left", days)
    return Left("lapsed" if days <= 1 else "draft", words % {"count": days}, last_day)


def hours_left(due_at: datetime, *, at: datetime) -> Left:
    """What is left at this moment of a term in hours, whole ones, as they pass whatever the clock on the wall does."""
    last_day, rest = last_day_before(due_at), due_at.astimezone(UTC) - at.astimezone(UTC)
    if rest <= timedelta():
        return Left("going", _("the term is over"), last_day, is_over=True)
    hours = rest // timedelta(hours=1)
    if hours == 0:
        return Left("lapsed", _("less than an hour left"), last_day)
    words = ngettext("%(count)d hour left", "%(count)d hours left", hours) % {"count": hours}
    return Left("lapsed" if hours < FEW_HOURS else "draft", words, last_day, hours=hours)


def working_days(after: date, until: date) -> int:
    """How many working days there are after one day, until and with another."""
    return sum(why_not_working(after + n * ONE_DAY) is None for n in range(1, (until - after).days + 1))
