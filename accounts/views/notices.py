from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.access import holder_only
from accounts.models import Notice
from accounts.notices import dismiss_notice, notices_for


@holder_only
@require_POST
def dismiss(request: HttpRequest, reference: UUID) -> HttpResponse:
    """Put a notice away; with scripts the rest of them comes back, without them the overview does."""
    at = timezone.now()
    notice = get_object_or_404(Notice.objects.shown(timezone.localdate(at)), reference=reference)
    dismiss_notice(notice, user=request.user, at=at)
    if request.htmx:
        notices = notices_for(request.user, timezone.localdate(at))
        return render(request, "accounts/_notices.html", {"notices": notices})
    return redirect("dashboard")
