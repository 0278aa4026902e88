"""Reporting a breach to us, as any user of an account (§13)."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import holder_only
from breaches import reporting
from breaches.forms import ReportForm, show_errors
from cannonworks.errors import Refused


@holder_only
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """The form; what is refused keeps all that was typed."""
    form, status = ReportForm(request.POST or None), 200
    if form.is_valid():
        try:
            reporting.report_breach(
                request.user.account, actor=request.user, at=timezone.now(), **form.cleaned_data
            )  # fmt: skip
        except ValidationError as error:
            show_errors(form, error)
        except Refused as refused:
            form.add_error(None, refused.message)
            status = 429 if refused.code == "too_often" else 409
        else:
            messages.success(request, _("Thank you. Our people know of it now, and we confer within two working days."))
            return redirect("breaches")
    context = {"form": form, "helpdesk": settings.HELPDESK}
    return render(request, "breaches/report.html", context, status=status)
