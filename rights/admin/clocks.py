"""Clocks on the pages of staff: what is due when, as chips, and what waits on the board (§6, §15)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _

from cannonworks.admin import Table, chip, link, short_day
from cannonworks.deadlines import Deadline, local_date
from cannonworks.left import Left, days_left
from rights.clock import clock_of_return
from rights.models import DataReturn, SubjectRequest
from rights.states import RequestState
from rights.tending import clock_of

#: So many of each stand on the board, what ends first at the top; their lists have them all.
MOST = 8
#: Tones of the holder's pages → the administration's.
LOOKS = {"going": "danger", "lapsed": "warning", "draft": "info"}


def due_chip(clock: Left | None) -> str:
    """What is left of a term and its last day, in the colour of how near that is; a dash where no clock runs."""
    return chip(LOOKS[clock.tone], f"{clock.words} · {short_day(clock.last_day)}") if clock else "–"


def left_of(due: Deadline, *, at: datetime) -> Left:
    """What is left of it at this moment."""
    return days_left(due.due_at, due.kind.term.unit, on=local_date(at))


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
    timed = [(due, row) for row in (*ours, *theirs) if (due := clock_of(row)) is not None]
    for due, row in sorted(timed, key=lambda each: (each[0].due_at, each[1].pk))[:MOST]:
        name = format_html("{} · {}", row.get_wish_display(), row)
        yield [link(row, name), row.company or "–", waits_for(row), due_chip(left_of(due, at=at))]


def _returns(at: datetime) -> Iterator[list[object]]:
    rows = DataReturn.objects.under_way().select_related("account__company").order_by("due_at")[:MOST]
    for row in rows:
        name = getattr(row.account, "company", None) or row.account
        yield [
            str(row),
            link(row.account, name),
            row.get_state_display(),
            due_chip(clock_of_return(row, on=local_date(at))),
        ]
