"""Clocks in the lists of staff: what is due when, as chips, and for whom it waits (§15)."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from cannonworks.admin import chip, short_day
from cannonworks.deadlines import last_day_before, local_date
from rights.models import SubjectRequest
from rights.states import RequestState


def due_chip(due_at: datetime, *, at: datetime) -> str:
    """The last day on which it is in time, in the colour and the word of how near that is; red when it is over."""
    last_day, today = last_day_before(due_at), local_date(at)
    if at >= due_at:
        return chip("danger", _("Overdue since %(day)s") % {"day": short_day(local_date(due_at))})
    if last_day == today:
        return chip("warning", _("Until the end of today"))
    return chip("info", _("Until the end of %(day)s") % {"day": short_day(last_day)})


def waits_for(row: SubjectRequest) -> str:
    """Who has to do something now, and what."""
    return {
        RequestState.RECEIVED.value: _("us: find the account"),
        RequestState.CHECKING.value: _("us: check it"),
        RequestState.TOLD.value: _("the account holder"),
        RequestState.BLOCKED.value: _("the account holder; blocked"),
    }.get(row.state, "–")
