"""What the users of an account are told of breaches: all of them, one of them, and what the supervisor asks of it."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import holder_only, main_user_only
from breaches import reading
from breaches.filing import LANGUAGES, export, filing
from breaches.models import Breach, BreachReport, Consultation
from breaches.story import listed, story
from breaches.words import others
from cannonworks.deadlines import explain
from cannonworks.downloads import file_response
from cannonworks.errors import Refused
from cannonworks.left import hours_left
from cannonworks.listing import Order, listing

#: The newest first.
NUMBERS, REPORTS = (Order("newest", "", ("-number",)),), (Order("newest", "", ("-id",)),)
#: How to reach us.
OURS = {"helpdesk": settings.HELPDESK, "post": settings.CANNONWORKS_ADDRESS}


@holder_only
@require_GET
def breaches(request: HttpRequest) -> HttpResponse:
    """The breaches that the account was told of, and what it reported itself with our answers."""
    rows = listing(request, reading.breaches_of(request.user.account), NUMBERS)
    own = BreachReport.objects.visible_to(request.user).select_related("consultation")
    reports = listing(request, own, REPORTS, name="reports")
    context = {
        "told": listed(rows.rows, request.user.account, at=timezone.now()),
        "page": rows,
        "reports": reports.rows,
        "reports_page": reports,
        "known": {row.pk: row for row in rows.rows},
    }
    return render(request, "breaches/breaches.html", context)


@holder_only
@require_GET
def breach(request: HttpRequest, reference: UUID) -> HttpResponse:
    """One breach: what happened, what to do now, the 72 hours, all phases. For the main user it is read by this."""
    found, at = _found(request, reference), timezone.now()
    reading.read(found, user=request.user, at=at)
    told = reading.told(found, request.user.account)
    context = {
        "told": told,
        "breach": found,
        "phase": told.latest,
        "clock": told.clock,
        "left": hours_left(told.clock.due_at, at=at) if told.clock else None,
        "explained": explain(told.clock) if told.clock else [],
        "story": story(told),
        "filing": filing(told, reporter=request.user, language=_language(request), at=at),
        "consultation": Consultation.objects.filter(account=request.user.account, breach=found).first(),
        "others": others(request.user.account, found),
        "at": at,
        **OURS,
    }
    return render(request, "breaches/breach.html", context)


@main_user_only
@require_POST
def acknowledge(request: HttpRequest, reference: UUID) -> HttpResponse:
    found = _found(request, reference)
    try:
        reading.acknowledge(found, user=request.user, at=timezone.now())
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("Noted: you have read this. All of it stays here."))
    return redirect("breach", reference)


@holder_only
@require_GET
def filed(request: HttpRequest, reference: UUID, ending: str) -> HttpResponse:
    """What the supervisor's form asks, as a file: ``json`` or ``pdf``, in ``?language=``."""
    found, at = _found(request, reference), timezone.now()
    told = reading.told(found, request.user.account)
    made = filing(told, reporter=request.user, language=_language(request), at=at)
    return file_response(export(made, told, ending, user=request.user), f"{made.name}.{ending}")


def _found(request: HttpRequest, reference: UUID) -> Breach:
    rows = reading.breaches_of(request.user.account).select_related("sub_processor")
    return get_object_or_404(rows, reference=reference)


def _language(request: HttpRequest) -> str:
    """The language that the address asks for, else the reader's own."""
    asked = request.GET.get("language") or get_language() or LANGUAGES[0]
    if asked not in LANGUAGES:
        raise Http404
    return asked
