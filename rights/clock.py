"""How much is left of the terms of requests and of returns of data (§6, §15)."""

from __future__ import annotations

from datetime import date

from cannonworks.deadlines import Unit
from cannonworks.left import Left, days_left
from rights.models import DataReturn, SubjectRequest


def left_for_holder(request: SubjectRequest, *, on: date) -> Left | None:
    """What is left of the holder's term, whether or not it is the one that runs; None when nothing waits for them."""
    if request.due_at is None or not request.waits_for_holder or request.is_answered:
        return None
    return days_left(request.due_at, Unit.WORKING_DAYS, on=on)


def left_of_return(found: DataReturn, *, on: date) -> Left | None:
    """The clock of a return that is not ready; None when it is, or was given up."""
    return days_left(found.due_at, Unit.DAYS, on=on) if found.is_under_way else None
