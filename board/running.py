"""The clocks that run now, read in one statement (``UNION ALL``) however many kinds of them the apps declare.

What the database computes, ``deadlines`` computes for one row; a test holds the two together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection, models
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cannonworks import deadlines
from cannonworks.clocks import ClockKind
from cannonworks.deadlines import day_in_words, local_date, moment_in_words
from cannonworks.ends import working_days


class Urgency(models.IntegerChoices):
    """How much of its term has passed, in hundredths; a clock before whose end nothing may happen only waits."""

    WAITING = -1, _("Not before")
    RUNNING = 0, _("Running")
    HALF = 50, _("Half has passed")
    THREE_QUARTERS = 75, _("Three quarters have passed")
    NINE_TENTHS = 90, _("Nine tenths have passed")
    PAST = 100, _("Past")


#: The steps at which somebody is told.
STEPS = (Urgency.HALF, Urgency.THREE_QUARTERS, Urgency.NINE_TENTHS, Urgency.PAST)


@dataclass(frozen=True)
class Clock:
    """A clock that runs. ``number``: how many rows it stands for; ``account``: the key, where it is of one."""

    kind: ClockKind
    start: datetime
    due_at: datetime
    reference: str
    account: int | None
    number: int
    page: str
    urgency: Urgency

    @property
    def name(self) -> str:
        return self.kind.name

    @property
    def short(self) -> str:
        """As people are shown it: the beginning of a random reference, and a code of ours whole."""
        return self.reference if len(self.reference) < 36 else self.reference[:8]

    @property
    def moment(self) -> str:
        """``due_at`` to the microsecond, for the place in a list."""
        return self.due_at.isoformat()

    @property
    def address(self) -> str:
        """Of the page of its row in the administration; empty where there is none."""
        return address_of(self.page)

    @property
    def alarm_at(self) -> datetime:
        """When nine tenths of the term have passed."""
        return self.due_at - (self.due_at.astimezone(UTC) - self.start.astimezone(UTC)) / 10

    def explain(self) -> list[str]:
        """Start, rule, skipped days and end, as sentences in the reader's language."""
        if self.kind.term is not None:
            computed = deadlines.compute(self.kind.term, self.start)
            if computed.due_at.astimezone(UTC) == self.due_at.astimezone(UTC):  # unlike ==, also in the doubled hour
                return deadlines.explain(computed)
        said = [
            gettext("Start: %(moment)s.") % {"moment": written(self.start)},
            str(self.kind.why),
            gettext("Due: %(moment)s.") % {"moment": written(self.due_at)},
        ]
        return [line for line in said if line]


#: A moment less a moment is exact, and its days are of 24 hours whatever the local clock does.
PASSED, LEFT = "%s::timestamptz - start", "(due - %s::timestamptz)"
URGENCY = (
    f"CASE WHEN waiting THEN {Urgency.WAITING:d} WHEN due <= %s::timestamptz THEN {Urgency.PAST:d}"
    f" WHEN {PASSED} < {LEFT} THEN {Urgency.RUNNING:d}"
    f" WHEN {PASSED} < 3 * {LEFT} THEN {Urgency.HALF:d}"
    f" WHEN {PASSED} < 9 * {LEFT} THEN {Urgency.THREE_QUARTERS:d} ELSE {Urgency.NINE_TENTHS:d} END"
)
COLUMNS = "kind, start, due, reference, account, number, page, urgency"
#: Lines of each urgency, as text of JSON.
COUNTED = (
    "SELECT coalesce(jsonb_object_agg(urgency, lines), '{}')::text"
    " FROM (SELECT urgency, count(*) AS lines FROM clocks GROUP BY urgency) AS each"
)


@dataclass(frozen=True)
class Clocks:
    """The clocks of these kinds at a moment, perhaps only those of one urgency; sorted by their end."""

    kinds: Sequence[ClockKind]
    at: datetime
    urgency: Urgency | None = None

    #: Columns of the order, for ``listing``.
    ORDER = ("moment", "name", "reference")

    def first(self, most: int) -> list[Clock]:
        """Those that end first."""
        return self.page(self.ORDER, None, most)

    def page(self, ordering: Sequence[str], place: Sequence[Any] | None, most: int) -> list[Clock]:
        """The first ``most`` in this order, or the other way round, behind the place if there is one: one statement."""
        return self._read(self._asked(*self._page(ordering, place, most)))

    def counted(
        self, ordering: Sequence[str], place: Sequence[Any] | None, most: int
    ) -> tuple[list[Clock], Mapping[Urgency, int]]:
        """A page, and how many lines there are of each urgency, whichever is shown: one statement."""
        page, said = self._page(ordering, place, most)
        found = self._asked(
            f"SELECT page.*, lines FROM ({COUNTED}) AS counts(lines) LEFT JOIN ({page}) AS page ON true"
            f" ORDER BY {_order(ordering)}",
            said,
        )
        counts = json.loads(found[0][-1]) if found else {}
        shown = [line[:-1] for line in found if line[0] is not None]
        return self._read(shown), {urgency: counts.get(str(urgency.value), 0) for urgency in Urgency}

    def counts(self) -> Mapping[Urgency, int]:
        """How many lines there are of each urgency."""
        return self.counted(self.ORDER, None, 0)[1]

    def statement(self, what: str, params: Iterable[Any] = ()) -> tuple[str, list[Any]] | None:
        """SQL of ``what``, in which ``clocks`` is a table with ``COLUMNS``, and its values; None: there is no clock."""
        parts, values = self._parts()
        if not parts:
            return None
        sql = (
            "WITH clocks_calendar AS (SELECT %s::date[] AS days), clocks AS"
            f" (SELECT {COLUMNS} FROM (SELECT *, {URGENCY} AS urgency FROM ({' UNION ALL '.join(parts)})"
            " AS every(kind, waiting, start, due, reference, account, number, page))"
            f" AS urgent) {what}"
        )
        # A list of parameters is read left to right: those of the urgency stand before those of the parts.
        return sql, [working_days(local_date(self.at)), *[self.at] * URGENCY.count("%s"), *values, *params]

    def _parts(self) -> tuple[list[str], list[Any]]:
        stated = [kind.stated for kind in self.kinds if kind.stated]
        return [sql for sql, _values in stated], [value for _sql, values in stated for value in values]

    def _page(self, ordering: Sequence[str], place: Sequence[Any] | None, most: int) -> tuple[str, list[Any]]:
        seen = [] if self.urgency is None else [f"urgency = {self.urgency:d}"]
        if place:
            sign = "<" if ordering[0].startswith("-") else ">"
            seen.append(f"(due, kind, reference) {sign} (%s::timestamptz, %s, %s)")
        where = f"WHERE {' AND '.join(seen)}" if seen else ""
        return f"SELECT {COLUMNS} FROM clocks {where} ORDER BY {_order(ordering)} LIMIT %s", [*(place or ()), most]

    def _read(self, found: Iterable[Sequence[Any]]) -> list[Clock]:
        known = {kind.name: kind for kind in self.kinds}
        return [
            Clock(known[name], start, due_at, reference, account, number, page, Urgency(urgency))
            for name, start, due_at, reference, account, number, page, urgency in found
        ]

    def _asked(self, what: str, params: list[Any]) -> list[Any]:
        if (stated := self.statement(what, params)) is None:
            return []
        with connection.cursor() as cursor:
            cursor.execute(*stated)
            return cursor.fetchall()


def _order(ordering: Sequence[str]) -> str:
    way = "DESC" if ordering[0].startswith("-") else "ASC"
    return ", ".join(f"{name} {way}" for name in ("due", "kind", "reference"))


#: A day in a column.
SHORT = "D j N Y"


def address_of(page: str) -> str:
    """Address of the page of the administration that ``app.model:key`` names; empty where there is none."""
    model, _colon, key = page.partition(":")
    try:
        return reverse(f"admin:{model.replace('.', '_')}_change", args=[key])
    except NoReverseMatch:
        return ""


def is_midnight(at: datetime) -> bool:
    """Whether a day begins then in Amsterdam: what ends so, ends with the day before."""
    return deadlines.start_of_day(local_date(at)) == at


def written(at: datetime) -> str:
    """A moment in full, in the reader's language: what ends at midnight ends with a day."""
    if is_midnight(at):
        return gettext("the end of %(day)s") % {"day": day_in_words(deadlines.last_day_before(at))}
    return moment_in_words(deadlines.in_amsterdam(at))


def short(at: datetime) -> str:
    """The same as it fits in a column."""
    if is_midnight(at):
        return gettext("until the end of %(day)s") % {"day": day_in_words(deadlines.last_day_before(at), SHORT)}
    return moment_in_words(deadlines.in_amsterdam(at), SHORT)
