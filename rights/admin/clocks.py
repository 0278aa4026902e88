"""Clocks in the lists of staff: what is due when, as chips, and for whom it waits (§15)."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from cannonworks.deadlines import Deadline, local_date
from cannonworks.left import Left, days_left
from rights.models import SubjectRequest
from rights.states import RequestState


def left_of(due: Deadline, *, at: datetime) -> Left:
    """What is left of it at this moment."""
    return days_left(due.due_at, due.kind.term.unit, on=local_date(at))


def waits_for(row: SubjectRequest, *, at: datetime) -> str:
    """Who has to do something now, and what; nobody but whoever asked can have us check (§15), so staff ask them."""
    if row.state == RequestState.TOLD and row.due_at is not None and row.due_at <= at:
        return _("the account holder, who is late; ask who asked whether we are to check it")
    return {
        RequestState.RECEIVED.value: _("us: find the account"),
        RequestState.CHECKING.value: _("us: check it"),
        RequestState.TOLD.value: _("the account holder"),
        RequestState.BLOCKED.value: _("the account holder; blocked"),
    }.get(row.state, "–")
