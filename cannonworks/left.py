"""How much of a term is left, for every page that says so: "3 working days left", "5 hours left", "2 days too late"."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cannonworks.deadlines import ONE_DAY, Unit, last_day_before, why_not_working

ONE_HOUR, ONE_MINUTE = timedelta(hours=1), timedelta(minutes=1)
#: A term in hours is nearly over with fewer left, and as good as over with fewer than the last.
FEW_HOURS, LAST_HOURS = 24, 6


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


def time_left(due_at: datetime, *, at: datetime) -> Left:
    """What is left of a term at this moment, or how long it is over: as time passes, whatever the wall clock does.

    For whoever knows whether it was done in time; for others ``hours_left``.
    """
    rest = due_at.astimezone(UTC) - at.astimezone(UTC)
    is_over = rest <= timedelta()
    hours = 0 if is_over else rest // ONE_HOUR
    tone = "going" if hours < LAST_HOURS else "lapsed" if hours < FEW_HOURS else "draft"
    return Left(tone, (_late if is_over else _ahead)(abs(rest)), last_day_before(due_at), is_over, hours)


def hours_left(due_at: datetime, *, at: datetime) -> Left:
    """The same of a term of which we do not know whether it was kept: afterwards it is over, and not too late."""
    left = time_left(due_at, at=at)
    return replace(left, words=_("the term is over")) if left.is_over else left


def _ahead(time: timedelta) -> str:
    count, unit = _counted(time)
    if unit is ONE_DAY:
        words = ngettext("%(count)d day left", "%(count)d days left", count)
    elif unit is ONE_HOUR:
        words = ngettext("%(count)d hour left", "%(count)d hours left", count)
    else:
        words = ngettext("%(count)d minute left", "%(count)d minutes left", count)
    return words % {"count": count}


def _late(time: timedelta) -> str:
    count, unit = _counted(time)
    if unit is ONE_DAY:
        words = ngettext("%(count)d day too late", "%(count)d days too late", count)
    elif unit is ONE_HOUR:
        words = ngettext("%(count)d hour too late", "%(count)d hours too late", count)
    else:
        words = ngettext("%(count)d minute too late", "%(count)d minutes too late", count)
    return words % {"count": count}


def _counted(time: timedelta) -> tuple[int, timedelta]:
    """In hours up to three days, which are terms of the agreement; in minutes where hours would say too little."""
    unit = ONE_DAY if time > 3 * ONE_DAY else ONE_HOUR if time >= 2 * ONE_HOUR else ONE_MINUTE
    return time // unit, unit


def working_days(after: date, until: date) -> int:
    """How many working days there are after one day, until and with another."""
    return sum(why_not_working(after + n * ONE_DAY) is None for n in range(1, (until - after).days + 1))
