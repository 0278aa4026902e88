from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.views.decorators.http import require_GET

from accounts.access import holder_only
from accounts.models import DeviceToken, Session
from accounts.notices import notices_for
from retention import my_data
from retention.outlook import outlook


@holder_only
@require_GET
def dashboard(request: HttpRequest) -> HttpResponse:
    """In which state the account is, what becomes of its data and when, and the step that fits."""
    on = timezone.localdate()
    context = outlook(request.user.account, on=on) | {"notices": notices_for(request.user, on)}
    return render(request, "retention/dashboard.html", context)


@holder_only
@require_GET
def my_data_page(request: HttpRequest) -> HttpResponse:
    """All that is kept of the account, by category, until when and after which step; and where one is signed in."""
    at = timezone.now()
    found = outlook(request.user.account, on=timezone.localdate(at))
    context = found | {
        "holdings": my_data.holdings(request.user.account, found["fates"]),
        "most": number_format(my_data.MOST, force_grouping=True),
        "browsers": Session.objects.signed_in(request.user, at=at).count(),
        "devices": DeviceToken.objects.of(request.user).valid(at).count(),
        "export": _export() if request.user.is_main else "",
    }
    return render(request, "retention/my_data.html", context)


def _export() -> str:
    """The address of the page that gives all data back, where there is one."""
    try:
        return reverse("export")
    except NoReverseMatch:
        return ""
