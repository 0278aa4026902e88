from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.unseen import unseen
from board.feeds import read_feed
from cannonworks.calendars import CONTENT_TYPE


@unseen
@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar of whoever has the address; not found for one that does not work (any more)."""
    found = read_feed(token, at=timezone.now())
    if found is None:
        return render(request, "404.html", status=404)
    return HttpResponse(found, content_type=CONTENT_TYPE)
