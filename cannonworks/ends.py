"""Moments at which terms begin and end, as expressions of the database; ``deadlines`` computes the same for one row."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from django.db.models import DateTimeField, F, Func
from django.db.models.expressions import Combinable

from cannonworks import deadlines
from cannonworks.deadlines import AMSTERDAM, ONE_DAY, Term, Unit

#: A field or an expression.
Said = str | Combinable

#: Working days that a statement knows: terms of days that began before are over for years.
CALENDAR_BACK, CALENDAR_AHEAD = 3 * 366, 92


def midnight(day: Said, *, later: int = 0) -> Func:
    """The moment at which a day begins in Amsterdam, or the one so many days later (before, when that is negative)."""
    begins = f"((%(expressions)s::date + {later:d})::timestamp AT TIME ZONE '{AMSTERDAM.key}')"
    return Func(F(day) if isinstance(day, str) else day, template=begins, output_field=DateTimeField())


def earlier(moment: Said, term: Term) -> Func:
    """The moment so many hours before another one."""
    return _shifted(moment, f"- interval '{_hours(term)} hours'")


def end_of(term: deadlines.Kind, start: Said) -> Func:
    """When a term ends that began at ``start``, as ``deadlines.compute`` has it."""
    count, unit = term.term.count, term.term.unit
    if unit is Unit.HOURS:
        return _shifted(start, f"+ interval '{_hours(term.term)} hours'")
    day = f"(%(expressions)s AT TIME ZONE '{AMSTERDAM.key}')::date"
    last = f"{day} + {count}"
    if unit is Unit.WORKING_DAYS:
        days = "(SELECT days FROM clocks_calendar)"
        last = f"({days})[width_bucket({day}, {days}) + {count}]"
    return Func(
        F(start) if isinstance(start, str) else start,
        template=f"(({last} + 1)::timestamp AT TIME ZONE '{AMSTERDAM.key}')", output_field=DateTimeField(),
    )  # fmt: skip


def _shifted(moment: Said, by: str) -> Func:
    whole = F(moment) if isinstance(moment, str) else moment
    return Func(whole, template=f"(%(expressions)s {by})", output_field=DateTimeField())


def _hours(term: Term) -> int:
    if term.unit is not Unit.HOURS:
        raise ValueError(f"{term} is no number of hours.")
    return term.count


@lru_cache(maxsize=2)  # every page asks, and a day has one answer
def working_days(today: date) -> str:
    """Text of the array ``days`` in the table ``clocks_calendar``, which a statement with ``end_of`` has."""
    every = (today + n * ONE_DAY for n in range(-CALENDAR_BACK, CALENDAR_AHEAD))
    return f"{{{','.join(on.isoformat() for on in every if deadlines.why_not_working(on) is None)}}}"
