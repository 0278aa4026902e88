"""What whoever has a link sees: one document, and nothing else of anybody (§3)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.lockout import client_address
from cannonworks.devices import kind_of
from cannonworks.downloads import file_response
from cannonworks.errors import KeyUnavailable, is_fence
from cannonworks.rates import is_too_often
from finance import sharing
from finance.printing import file_name

#: So many openings a minute from one network address: many people may share one, who guesses tokens needs far more.
MOST_A_MINUTE = 60


def unseen(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Keep the address of a link to whoever has it: no search engine, no referrer, no copy; and not too often."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if is_too_often("shared", client_address(request), most=MOST_A_MINUTE, seconds=60):
            response = render(request, "429.html", status=429)
        else:
            response = view(request, *args, **kwargs)
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        return response

    return login_not_required(require_safe(answered))


@unseen
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """The document as a page. Opening it is noted; HEAD, by which programmes look whether it is there, is not."""
    found = _opened(request, token)
    if found is None:
        return render(request, "finance/shared_gone.html", status=404)
    return render(request, "finance/shared.html", {**vars(found), "token": token})


@unseen
def shared_pdf(request: HttpRequest, token: str) -> HttpResponse:
    """The same as PDF."""
    found = _opened(request, token, pdf=True)
    if found is None:
        return render(request, "finance/shared_gone.html", status=404)
    return file_response(found.pdf, file_name(found.document), inline=True)


def _opened(request: HttpRequest, token: str, *, pdf: bool = False) -> sharing.Shared | None:
    device, counts = kind_of(request.headers.get("user-agent", "")), request.method == "GET"
    try:
        with transaction.atomic():
            return sharing.open_link(token, device=device, pdf=pdf, counts=counts)
    except KeyUnavailable:  # destroyed this moment, or by and by: the same page as ever
        return None
    except IntegrityError as error:
        if is_fence(error):
            return None
        raise
