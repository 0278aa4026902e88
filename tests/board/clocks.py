"""Clocks for tests: alarms stand in for whatever an app may declare."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from board.running import Clocks
from cannonworks import clocks
from cannonworks.clocks import Who, declare
from retention.models import Alarm, AlarmKind

NUMBERS = count(1)


@contextmanager
def declared(name: str = "tried", **more: Any) -> Iterator[clocks.ClockKind]:
    """A kind of clock that is there for the length of the block: alarms of a kind that nothing else makes here."""
    said = {
        "label": f"Clock {name}", "rows": Alarm.objects.filter(kind=AlarmKind.RESIDUE), "start": "raised_at",
        "due": "cleared_at", "clause": "5", "may": "retention.view_alarm", "who": Who.US, "reference": "about",
        "account": None,
    }  # fmt: skip
    try:
        yield declare(name, **said | more)
    finally:
        clocks._kinds.pop(name, None)


def row(start: datetime, due: datetime | timedelta | None = None, *, about: str = "") -> Alarm:
    """A row with two moments, as ``declared`` reads them."""
    end = start + due if isinstance(due, timedelta) else due
    about = about or f"row {next(NUMBERS)}"
    return Alarm.objects.create(kind=AlarmKind.RESIDUE, about=about, raised_at=start, cleared_at=end)


def running(at: datetime, *kinds: clocks.ClockKind) -> Clocks:
    """All clocks at a moment, or those of these kinds."""
    return Clocks(kinds or clocks.kinds(), at)
