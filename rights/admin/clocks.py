"""Clocks on the pages of staff: what is due when, as chips, and what waits on the board (§6, §15)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _

from cannonworks.admin import Table, chip, link, short_day
from cannonworks.deadlines import last_day_before, local_date
from rights.models import DataReturn, SubjectRequest
from rights.states import RequestState
from rights.tending import clock_of

#: So many of each stand on the board, what ends first at the top; their lists have them all.
MOST = 8


def due_chip(due_at: datetime, *, at: datetime) -> str:
    """The last day on which it is in time, in the colour and the word of how near that is; red when it is over."""
    last_day, today = last_day_before(due_at), local_date(at)
    if at >= due_at:
        return chip("danger", _("Overdue since %(day)s") % {"day": short_day(local_date(due_at))})
    if last_day == today:
        return chip("warning", _("Until the end of today"))
    return chip("info", _("Until the end of %(day)s") % {"day": short_day(last_day)})


def clocks(request: HttpRequest, *, at: datetime) -> list[Table]:
    """What of the board has a clock, for whoever may see it: requests that wait for staff, and returns of data."""
    tables = []
    if request.user.has_perm("rights.view_subjectrequest"):
        headers = [_("Request"), _("Company"), _("Waits for"), _("Due")]
        tables.append(Table(_("Requests of data subjects"), headers, list(_requests(at))))
    if request.user.has_perm("accounts.view_account") and request.user.has_perm("rights.view_subjectrequest"):
        headers = [_("Return of data"), _("Account"), _("State"), _("Due")]
        tables.append(Table(_("Returns of data"), headers, list(_returns(at))))
    return tables


def waits_for(row: SubjectRequest) -> str:
    """Who has to do something now, and what."""
    return {
        RequestState.RECEIVED.value: _("us: find the account"),
        RequestState.CHECKING.value: _("us: check it"),
        RequestState.TOLD.value: _("the account holder"),
        RequestState.BLOCKED.value: _("the account holder; blocked"),
    }.get(row.state, "–")


def _requests(at: datetime) -> Iterator[list[object]]:
    """What waits for staff, and what holders are late with; by the end of its clock."""
    ours = SubjectRequest.objects.waiting_for_staff().order_by("id")[:MOST]
    theirs = SubjectRequest.objects.filter(Q(state=RequestState.TOLD, due_at__lte=at)).order_by("due_at", "id")[:MOST]
    timed = [(clock.due_at, row) for row in (*ours, *theirs) if (clock := clock_of(row)) is not None]
    for due_at, row in sorted(timed, key=lambda each: (each[0], each[1].pk))[:MOST]:
        name = format_html("{} · {}", row.get_wish_display(), row)
        yield [link(row, name), row.company or "–", waits_for(row), due_chip(due_at, at=at)]


def _returns(at: datetime) -> Iterator[list[object]]:
    rows = DataReturn.objects.under_way().select_related("account__company").order_by("due_at")[:MOST]
    for row in rows:
        name = getattr(row.account, "company", None) or row.account
        yield [str(row), link(row.account, name), row.get_state_display(), due_chip(row.due_at, at=at)]
