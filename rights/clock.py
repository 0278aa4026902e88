"""How much of the holder's term is left, as a chip: "3 working days left" (§15)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cannonworks.deadlines import ONE_DAY, why_not_working
from rights.models import SubjectRequest


@dataclass(frozen=True)
class Clock:
    """Tone (of ``chip-…``) and words; ``is_over``: the term has ended."""

    tone: str
    words: str
    is_over: bool = False


def clock_of(request: SubjectRequest, *, on: date) -> Clock | None:
    """The clock of a request that waits for the holder; None when it does not."""
    last_day = request.last_day
    if last_day is None or not request.waits_for_holder:
        return None
    if on > last_day:
        return Clock("going", _("the term is over"), is_over=True)
    if on == last_day:
        return Clock("lapsed", _("today is the last day"))
    left = working_days(on, last_day)
    words = ngettext("%(count)d working day left", "%(count)d working days left", left) % {"count": left}
    return Clock("lapsed" if left <= 1 else "draft", words)


def working_days(after: date, until: date) -> int:
    """How many working days there are after one day, until and with another."""
    return sum(why_not_working(after + n * ONE_DAY) is None for n in range(1, (until - after).days + 1))
