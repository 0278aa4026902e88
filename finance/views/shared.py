"""What whoever has a link sees: one document, and nothing else of anybody (§3)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.lockout import client_address
from cannonworks.errors import KeyUnavailable, is_fence
from cannonworks.rates import is_too_often
from finance import post, sharing
from finance.models import ShareOpening

#: So many openings a minute from one network address: many people may share one, who guesses tokens needs far more.
MOST_A_MINUTE = 60
#: The first that fits; what is none of these is told as a computer when it says that it is a browser.
DEVICES = (
    (r"bot|crawl|spider|preview|scan|curl|wget|python|http-?client|monitor|headless", ShareOpening.Device.ROBOT),
    (r"iPad|Tablet|Android(?!.*Mobile)", ShareOpening.Device.TABLET),
    (r"iPhone|Mobile|Android", ShareOpening.Device.PHONE),
    (r"Mozilla|Opera", ShareOpening.Device.COMPUTER),
)


def device_of(user_agent: str) -> str:
    """The kind of device that calls itself so; all that is kept of it."""
    if not user_agent:
        return ShareOpening.Device.ROBOT
    kinds = (kind for sign, kind in DEVICES if re.search(sign, user_agent, re.IGNORECASE))
    return next(kinds, ShareOpening.Device.UNKNOWN)


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
    disposition = f'inline; filename="{post.file_name(found.document)}"'
    return HttpResponse(found.pdf, content_type="application/pdf", headers={"Content-Disposition": disposition})


def _opened(request: HttpRequest, token: str, *, pdf: bool = False) -> sharing.Shared | None:
    device, counts = device_of(request.headers.get("user-agent", "")), request.method == "GET"
    try:
        with transaction.atomic():
            return sharing.open_link(token, device=device, pdf=pdf, counts=counts)
    except KeyUnavailable:  # destroyed this moment, or by and by: the same page as ever
        return None
    except IntegrityError as error:
        if is_fence(error):
            return None
        raise
