"""The start page: what waits for staff, as counts that partial indexes serve, and the clocks that end first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from board.admin.shown import table
from board.running import Clocks
from cannonworks.admin import soon, today
from cannonworks.clocks import kinds_for
from retention.models import Alarm, Erasure, Hold
from rights.models import Correction, RegisteredLetter, SubjectRequest

#: So many clocks stand on the start page; the board of deadlines has them all.
MOST = 8


@dataclass(frozen=True)
class Card:
    """One number on the board. ``urgent``: a number above zero asks for somebody."""

    title: Promise
    text: Promise
    icon: str
    count: Callable[[], int]
    model: str
    query: str
    urgent: bool = False


CARDS = (
    Card(
        _("Open alarms"), _("Something is not as the agreement has it"), "notification_important",
        lambda: Alarm.objects.filter(cleared_at__isnull=True).count(), "retention.alarm", "state=open", urgent=True,
    ),
    Card(
        _("Requests that wait for us"), _("Of data subjects: find the account, or check what was done"), "contact_mail",
        lambda: SubjectRequest.objects.waiting_for_staff().count(), "rights.subjectrequest", "waits=us", urgent=True,
    ),
    Card(
        _("Letters to confirm"), _("A second member of staff is needed"), "mark_email_read",
        lambda: RegisteredLetter.objects.waiting().count(), "rights.registeredletter", "waiting=yes", urgent=True,
    ),
    Card(
        _("Corrections to apply"), _("The main user has confirmed them"), "edit_note",
        lambda: Correction.objects.to_apply(timezone.now()).count(),
        "rights.correction", "state=confirmed", urgent=True,
    ),
    Card(
        _("Holds to confirm or review"), _("Waiting for a second person, or past their review date"), "back_hand",
        lambda: (Hold.objects.to_confirm() | Hold.objects.to_review(today())).count(),
        "retention.hold", "stage=todo", urgent=True,
    ),
    Card(
        _("Parked erasures"), _("Given up on after failures; look at the cause"), "block",
        lambda: Erasure.objects.parked().count(), "retention.erasure", "progress=parked", urgent=True,
    ),
    Card(
        _("Due within 7 days"), _("Will be erased by the sweep"), "event_upcoming",
        lambda: Account.objects.due(soon(7)).count(), "accounts.account", "due=7",
    ),
    Card(
        _("Erased in the last 7 days"), _("Looked through again, nothing found"), "delete_sweep",
        lambda: Account.objects.filter(erased_on__gt=soon(-7)).count(), "accounts.account", "now=erased",
    ),
)  # fmt: skip


def board(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the cards and the clocks that this member of staff may see."""
    context["title"] = _("Board")
    context["cards"] = [_filled(card) for card in CARDS if _may_see(request, card.model)]
    at = timezone.now()
    if kinds := kinds_for(request.user):
        first = Clocks(kinds, at).first(MOST)
        context["clocks"] = [table(first, request.user, at=at, title=_("Ends first"))]
    return context


def _filled(card: Card) -> dict[str, Any]:
    app, name = card.model.split(".")
    count = card.count()
    return {
        "card": card,
        "count": count,
        "link": f"{reverse(f'admin:{app}_{name}_changelist')}?{card.query}",
        "calls": card.urgent and count > 0,
    }


def _may_see(request: HttpRequest, model: str) -> bool:
    app, name = model.split(".")
    return request.user.has_perm(f"{app}.view_{name}")
