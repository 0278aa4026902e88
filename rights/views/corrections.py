from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.access import fresh, main_user_only
from cannonworks.deadlines import last_day_before
from cannonworks.listing import Order, listing
from rights import corrections as services
from rights.models import Correction

ORDERS = (Order("newest", gettext_lazy("Newest first"), ("-id",)),)


@main_user_only
@require_GET
def corrections(request: HttpRequest) -> HttpResponse:
    """What the helpdesk proposed to correct, and where to ask for what nobody can change alone."""
    rows = Correction.objects.visible_to(request.user).select_related("words")
    context = {"page": listing(request, rows, ORDERS), "at": timezone.now(), "helpdesk": settings.HELPDESK}
    return render(request, "rights/corrections.html", context)


@main_user_only
@require_GET
def correction(request: HttpRequest, reference: UUID) -> HttpResponse:
    """One correction: what it is now, what it becomes, who proposed it and why, and until when it can be confirmed."""
    found, at = _found(request, reference), timezone.now()
    context = {
        "correction": found,
        "words": found.words,
        "until": last_day_before(found.expires_at),
        "can_be_decided": found.can_be_decided(at),
        "is_over": found.expires_at <= at,
        "helpdesk": settings.HELPDESK,
    }
    return render(request, "rights/correction.html", context)


@main_user_only
@require_POST
@fresh
def confirm(request: HttpRequest, reference: UUID) -> HttpResponse:
    services.confirm_correction(_found(request, reference), actor=request.user, at=timezone.now())
    messages.success(request, _("You agreed to the correction. Our helpdesk now carries it out, and you get a mail."))
    return redirect("correction", reference)


@main_user_only
@require_POST
def refuse(request: HttpRequest, reference: UUID) -> HttpResponse:
    services.refuse_correction(_found(request, reference), actor=request.user, at=timezone.now())
    messages.success(request, _("You refused the correction. Nothing changes."))
    return redirect("correction", reference)


def _found(request: HttpRequest, reference: UUID) -> Correction:
    rows = Correction.objects.visible_to(request.user).select_related("words", "account")
    return get_object_or_404(rows, reference=reference)
