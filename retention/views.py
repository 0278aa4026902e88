from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import holder_only
from accounts.notices import notices_for
from retention.outlook import outlook


@holder_only
@require_GET
def dashboard(request: HttpRequest) -> HttpResponse:
    """In which state the account is, what becomes of its data and when, and the step that fits."""
    on = timezone.localdate()
    context = outlook(request.user.account, on=on) | {"notices": notices_for(request.user, on)}
    return render(request, "retention/dashboard.html", context)
