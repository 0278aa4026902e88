"""The agreement's calendar and clocks: pure arithmetic that can explain itself.

Nothing here reads a clock or a database. The rules are the section "Time" of docs/clauses.md. The calendar is
a term of the contract: the Algemene termijnenwet does not reach terms between parties, so its "equated days"
stay working days here, and 5 May is a holiday every year.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import cache, lru_cache
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dateutil.easter import easter
from django.utils.dateformat import format as format_date
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, gettext_noop, ngettext
from django.utils.translation import gettext_lazy as _

AMSTERDAM = ZoneInfo("Europe/Amsterdam")

#: The version of the working days below; it changes with them and is shown with every deadline.
CALENDAR = "nl-2026.1"

ONE_DAY = timedelta(days=1)
WEEKEND = {5: gettext_noop("Saturday"), 6: gettext_noop("Sunday")}


# --- Calendar -----------------------------------------------------------------------------------------------
@cache
def holidays(year: int) -> Mapping[date, str]:
    """Return the nine days of ``year`` that are never working days, each with its English name (a msgid)."""
    sunday = easter(year)
    kings_day = date(year, 4, 27)
    if kings_day.weekday() == 6:
        kings_day -= ONE_DAY
    return MappingProxyType(
        {
            date(year, 1, 1): gettext_noop("New Year's Day"),
            sunday - 2 * ONE_DAY: gettext_noop("Good Friday"),
            sunday + ONE_DAY: gettext_noop("Easter Monday"),
            kings_day: gettext_noop("King's Day"),
            date(year, 5, 5): gettext_noop("Liberation Day"),
            sunday + 39 * ONE_DAY: gettext_noop("Ascension Day"),  # in some years on 5 May: then one day fewer
            sunday + 50 * ONE_DAY: gettext_noop("Whit Monday"),
            date(year, 12, 25): gettext_noop("Christmas Day"),
            date(year, 12, 26): gettext_noop("Second Day of Christmas"),
        }
    )


def why_not_working(on: date) -> str | None:
    """Return why ``on`` is no working day, as a msgid (a holiday goes before a weekend), else None."""
    return holidays(on.year).get(on) or WEEKEND.get(on.weekday())


def local_date(at: datetime) -> date:
    """Return the day it is in Amsterdam at the moment ``at``. Raises ValueError when ``at`` has no offset."""
    return in_amsterdam(at).date()


def last_day_before(end: datetime) -> date:
    """Return the last day that lies, at least in part, before ``end``: of a term, that on which it is still in time."""
    return local_date(end - timedelta(microseconds=1))


def start_of_day(on: date) -> datetime:
    """Return the midnight with which ``on`` begins in Amsterdam; clocks change at night, never then."""
    return datetime(on.year, on.month, on.day, tzinfo=AMSTERDAM)


def in_amsterdam(at: datetime) -> datetime:
    """The same moment in Amsterdam time; through UTC, so that a skipped local time becomes a real one."""
    if at.utcoffset() is None:
        raise ValueError(gettext("A moment without an offset from UTC is not a moment: write 2026-04-02T17:00+02:00."))
    return at.astimezone(UTC).astimezone(AMSTERDAM)


# --- Terms and deadlines ------------------------------------------------------------------------------------
class Unit(Enum):
    HOURS = "hours"  # elapsed: a clock change makes them neither more nor fewer
    DAYS = "days"
    WORKING_DAYS = "working days"


@dataclass(frozen=True)
class Term:
    """A length of time as the agreement writes it: "48 uur", "5 werkdagen"."""

    count: int
    unit: Unit

    def __str__(self) -> str:
        if self.unit is Unit.HOURS:
            text = ngettext("%(count)d hour", "%(count)d hours", self.count)
        elif self.unit is Unit.DAYS:
            text = ngettext("%(count)d day", "%(count)d days", self.count)
        else:
            text = ngettext("%(count)d working day", "%(count)d working days", self.count)
        return text % {"count": self.count}


@dataclass(frozen=True)
class Kind:
    """A clock of the agreement: its name for commands, its clause, its term and the event that starts it."""

    name: str
    clause: str
    term: Term
    starts_at: str | Promise
    #: True when the deadline is the first moment that something may happen instead of the last.
    waiting: bool = False
    #: True for a term that the agreement does not have: ours, so that its clause is kept.
    is_ours: bool = False


KINDS = (
    Kind("breach_notice", "13", Term(48, Unit.HOURS), _("CannonWorks notices the breach")),
    Kind("breach_consultation", "13", Term(2, Unit.WORKING_DAYS), _("the first notice between the parties")),
    Kind("supervisor_notice", "13", Term(72, Unit.HOURS), _("we tell the account holder of the breach")),
    Kind("subject_request", "15", Term(5, Unit.WORKING_DAYS), _("the account holder is told of the request")),
    Kind("data_return", "6", Term(15, Unit.DAYS), _("the main user asks for the data")),
    Kind("audit_notice", "12", Term(14, Unit.DAYS), _("the written announcement"), waiting=True),
    Kind("correction", "16", Term(14, Unit.DAYS), _("the change is put before the main user")),
)


def kind_named(name: str) -> Kind:
    """Return the kind called ``name``. Raises ValueError, naming all kinds, when there is none."""
    for kind in KINDS:
        if kind.name == name:
            return kind
    names = ", ".join(kind.name for kind in KINDS)
    raise ValueError(gettext("There is no deadline of that kind. Choose from: %(names)s.") % {"names": names})


class Skipped(NamedTuple):
    """A day that a term in working days did not count, and why (a msgid)."""

    on: date
    why: str


@dataclass(frozen=True)
class Deadline:
    """A computed deadline with all that is needed to compute it again by hand.

    ``due_at`` is in Amsterdam time. For hours it is the moment the last hour has passed; for days and working
    days the first midnight after the last day: that midnight itself is too late (or, when waiting, the first
    moment allowed). ``excluded`` are the days between the start and ``due_at`` that were skipped as no
    working day, in order. The day of the start is never among them: no term in days counts it anyway.
    """

    kind: Kind
    clause: str
    start: datetime
    due_at: datetime
    calendar: str
    excluded: tuple[Skipped, ...]


def compute(kind: Kind, start: datetime) -> Deadline:
    """Return the deadline of ``kind`` for what happened at ``start``, an aware datetime, kept as given.

    Raises ValueError when ``start`` has no offset or lies too near the end of the calendar (the year 9999).
    """
    try:
        due_at, excluded = _due(kind.term, in_amsterdam(start))
    except OverflowError:
        raise ValueError(gettext("This moment is outside the years that can be computed.")) from None
    return Deadline(kind, kind.clause, start, due_at, CALENDAR, excluded)


def _due(term: Term, start: datetime) -> tuple[datetime, tuple[Skipped, ...]]:
    if term.unit is Unit.HOURS:
        due_at = start.astimezone(UTC) + timedelta(hours=term.count)
        return due_at.astimezone(AMSTERDAM), ()
    if term.unit is Unit.DAYS:
        return start_of_day(start.date() + (term.count + 1) * ONE_DAY), ()
    last_day, excluded = _count_working_days(start.date(), term.count)
    return start_of_day(last_day + ONE_DAY), excluded


def _count_working_days(on: date, count: int) -> tuple[date, tuple[Skipped, ...]]:
    """The ``count``-th working day after ``on``, and what was skipped on the way there."""
    excluded = []
    while count:
        on += ONE_DAY
        why = why_not_working(on)
        if why:
            excluded.append(Skipped(on, why))
        else:
            count -= 1
    return on, tuple(excluded)


# --- For people ---------------------------------------------------------------------------------------------
def explain(deadline: Deadline) -> list[str]:
    """Return the computation as sentences in the active language: start, rule, skipped days, end, version."""
    kind, start = deadline.kind, in_amsterdam(deadline.start)
    return [
        gettext("Start: %(moment)s (%(event)s).") % {"moment": moment_in_words(start), "event": kind.starts_at},
        _rule(kind) % {"term": kind.term, "clause": deadline.clause},
        *_what_was_not_counted(deadline, start),
        _end(deadline),
        gettext("Calendar: %(version)s, Amsterdam time.") % {"version": deadline.calendar},
    ]


def _rule(kind: Kind) -> str:
    if kind.is_ours:
        return gettext("Rule: %(term)s, a term of our own; the agreement has none.")
    return gettext("Rule: %(term)s, clause %(clause)s of the agreement.")


def _what_was_not_counted(deadline: Deadline, start: datetime) -> list[str]:
    if deadline.kind.term.unit is Unit.HOURS:
        if start.utcoffset() == deadline.due_at.utcoffset():
            return []
        return [gettext("The clock changes in between; the hours are counted as they pass.")]
    return [
        gettext("Not counted: %(day)s (%(why)s).") % {"day": day_in_words(on), "why": gettext(why)}
        for on, why in [(start.date(), gettext_noop("the day it starts")), *deadline.excluded]
    ]


def _end(deadline: Deadline) -> str:
    if deadline.kind.waiting:
        return gettext("Not before: %(moment)s.") % {"moment": moment_in_words(deadline.due_at)}
    if deadline.kind.term.unit is Unit.HOURS:
        return gettext("Due: %(moment)s.") % {"moment": moment_in_words(deadline.due_at)}
    return gettext("Due: until the end of %(day)s.") % {"day": day_in_words(last_day_before(deadline.due_at))}


def day_in_words(on: date, form: str = "l j F Y") -> str:
    """A day in the reader's language, as Django's date formats have it."""
    return _day_in_words(on, form, get_language())


@lru_cache(maxsize=4096)  # the explanations on one page name the same days over and over
def _day_in_words(on: date, form: str, _language: str | None) -> str:
    return format_date(on, form)


def moment_in_words(at: datetime, form: str = "l j F Y") -> str:
    """A local moment to the minute: its day in that form, and the time."""
    return f"{day_in_words(at.date(), form)} {at:%H:%M}"
