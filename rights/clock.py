"""How much is left of the terms of requests and of returns of data (§6, §15)."""

from __future__ import annotations

from datetime import date

from cannonworks.deadlines import Unit
from cannonworks.left import Left, days_left
from rights.models import DataReturn, SubjectRequest


def clock_of(request: SubjectRequest, *, on: date) -> Left | None:
    """The clock of a request that waits for the holder; None when it does not."""
    if request.due_at is None or not request.waits_for_holder:
        return None
    return days_left(request.due_at, Unit.WORKING_DAYS, on=on)


def clock_of_return(found: DataReturn, *, on: date) -> Left | None:
    """The clock of a return that is not ready; None when it is, or was given up."""
    return days_left(found.due_at, Unit.DAYS, on=on) if found.is_under_way else None
