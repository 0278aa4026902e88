"""How much of a term that runs is left, as a chip: "3 working days left" (§6, §15)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cannonworks.deadlines import ONE_DAY, Unit, last_day_before, why_not_working
from rights.models import DataReturn, SubjectRequest


@dataclass(frozen=True)
class Clock:
    """Tone (of ``chip-…``) and words, and the last day of the term; ``is_over``: it has ended."""

    tone: str
    words: str
    last_day: date
    is_over: bool = False


def clock(due_at: datetime, unit: Unit, *, on: date) -> Clock:
    """What is left on this day of a term that is over at ``due_at``, counted as it was: in days or in working days."""
    last_day = last_day_before(due_at)
    if on > last_day:
        return Clock("going", _("the term is over"), last_day, is_over=True)
    if on == last_day:
        return Clock("lapsed", _("today is the last day"), last_day)
    if unit is Unit.WORKING_DAYS:
        left = working_days(on, last_day)
        words = ngettext("%(count)d working day left", "%(count)d working days left", left)
    else:
        left = (last_day - on).days
        words = ngettext("%(count)d day left", "%(count)d days left", left)
    return Clock("lapsed" if left <= 1 else "draft", words % {"count": left}, last_day)


def clock_of(request: SubjectRequest, *, on: date) -> Clock | None:
    """The clock of a request that waits for the holder; None when it does not."""
    if request.due_at is None or not request.waits_for_holder:
        return None
    return clock(request.due_at, Unit.WORKING_DAYS, on=on)


def clock_of_return(found: DataReturn, *, on: date) -> Clock | None:
    """The clock of a return that is not ready; None when it is, or was given up."""
    return clock(found.due_at, Unit.DAYS, on=on) if found.is_under_way else None


def working_days(after: date, until: date) -> int:
    """How many working days there are after one day, until and with another."""
    return sum(why_not_working(after + n * ONE_DAY) is None for n in range(1, (until - after).days + 1))
