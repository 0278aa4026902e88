"""The page on which a member of staff makes, renews and revokes the private address of the calendar of deadlines."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from board import feeds
from cannonworks.admin import signed_in


@require_safe
def shown(request: HttpRequest) -> HttpResponse:
    """Whether there is an address, and what can be done about it."""
    return _page(request)


@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """Make the address, and show it this once; the one before ends."""
    token = feeds.make_feed(signed_in(request), at=timezone.now())
    return _page(request, f"{settings.SITE_URL}{reverse('deadlines-feed', args=[token])}")


@require_POST
def revoke(request: HttpRequest) -> HttpResponse:
    """End the address."""
    if feeds.revoke_feed(signed_in(request)):
        messages.success(request, _("The address does not work any more."))
    return redirect("admin:deadlines-calendar")


def _page(request: HttpRequest, address: str = "") -> HttpResponse:
    context = {
        **admin.site.each_context(request), "title": _("Deadlines in your calendar"), "address": address,
        "feed": feeds.feed_of(signed_in(request)),
    }  # fmt: skip
    return TemplateResponse(request, "admin/deadlines_calendar.html", context)
