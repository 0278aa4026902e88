"""The retention timeline: what becomes of each category, as places on a line from 0 to 1000. Pure.

Across, a place is a share of the width, told to SVG in percent, so that the drawing fits a phone and a desktop while
its words keep their size. Down, it is pixels: one row for each category.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dateutil.relativedelta import relativedelta

from retention.schedule import Fate, History

WIDTH = 1000
HEAD, ROW, FOOT = 28, 52, 28

#: Without a last day in sight the line goes on this long after today.
OPEN_END = relativedelta(years=3)
#: At most so many years are written along the top of a phone.
MOST_TICKS = 7


@dataclass(frozen=True)
class Scale:
    """Days from ``start`` to ``end`` laid out over the width."""

    start: date
    end: date

    def at(self, day: date) -> int:
        """The place of a day, 0 to 1000; days outside the scale lie on its edge."""
        share = (day - self.start) / (self.end - self.start)
        return min(max(round(WIDTH * share), 0), WIDTH)

    def new_years(self) -> list[date]:
        """First days of years inside the scale, every so many years that at most ``MOST_TICKS`` are left."""
        years = range(self.start.year + 1, self.end.year + 1)
        step = -(-len(years) // MOST_TICKS) or 1
        return [date(year, 1, 1) for year in years[::step]]


@dataclass(frozen=True)
class Band:
    """One category: kept for certain from 0 to ``kept``, then kept or gone until ``gone``; both may be the same.

    ``floor`` and ``ceiling`` are the places of those two dates, if any; without a ceiling the band stays open.
    """

    fate: Fate
    row: int
    kept: int
    gone: int
    floor: int | None
    ceiling: int | None

    @property
    def kept_width(self) -> str:
        return percent(self.kept)

    @property
    def wait_from(self) -> str:
        return percent(self.kept)

    @property
    def wait_width(self) -> str:
        return percent(self.gone - self.kept)

    @property
    def floor_at(self) -> str:
        return "" if self.floor is None else percent(self.floor)

    @property
    def ceiling_at(self) -> str:
        return "" if self.ceiling is None else percent(self.ceiling)

    @property
    def bar_y(self) -> int:
        return HEAD + self.row * ROW + 32


@dataclass(frozen=True)
class Timeline:
    """The whole drawing: its bands, the years along the top and where today is."""

    scale: Scale
    bands: tuple[Band, ...]
    on: date

    @property
    def today_at(self) -> str:
        return percent(self.scale.at(self.on))

    @property
    def today_anchor(self) -> str:
        """On which side of its line the word "today" fits."""
        return "end" if self.scale.at(self.on) > WIDTH / 2 else "start"

    @property
    def ticks(self) -> list[tuple[int, str]]:
        """Years with their places, less those whose word would fall off the right edge."""
        places = ((day.year, self.scale.at(day)) for day in self.scale.new_years())
        return [(year, percent(place)) for year, place in places if place <= 0.92 * WIDTH]

    @property
    def height(self) -> int:
        return HEAD + ROW * len(self.bands) + FOOT

    @property
    def foot(self) -> int:
        return self.height - FOOT


def draw(fates: Sequence[Fate], history: History, *, on: date) -> Timeline:
    """Lay out what becomes of each category, from the day the account's state began or today, whichever is first."""
    scale = Scale(*_reach(fates, history, on))
    return Timeline(scale, tuple(_band(fate, row, scale) for row, fate in enumerate(fates)), on)


def percent(place: int) -> str:
    """A place as SVG wants it, with a point whatever the reader's language: 123 → "12.3%"."""
    return f"{place / 10:.1f}%"


def _reach(fates: Sequence[Fate], history: History, on: date) -> tuple[date, date]:
    """From three months before the state began to a little after the last day that matters."""
    dates = history.dates
    began = dates.get("cancelled_on") or dates.get("trial_ends_on") or on
    start = max(min(began, on) - relativedelta(months=3), dates.get("signed_up_on") or date.min)
    start = min(start, on - relativedelta(days=1))
    ends = [day for fate in fates for day in (fate.kept_until, fate.erase_on) if day]
    last = max([on + OPEN_END, *ends]) if any(fate.erase_on is None for fate in fates) else max([on, *ends])
    return start, last + (last - start) / 16


def _band(fate: Fate, row: int, scale: Scale) -> Band:
    floor = None if fate.kept_until is None else scale.at(fate.kept_until)
    ceiling = None if fate.erase_on is None else scale.at(fate.erase_on)
    gone = WIDTH if ceiling is None or fate.held_by else ceiling
    kept = gone if floor is None else min(floor, gone)
    return Band(fate, row, kept, gone, floor, ceiling)
