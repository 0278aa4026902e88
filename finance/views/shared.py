"""What whoever has a link sees: one document, and nothing else of anybody (§3)."""

from __future__ import annotations

import re

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.unseen import unseen
from cannonworks.errors import KeyUnavailable, is_fence
from finance import post, sharing
from finance.models import ShareOpening

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


@unseen
@require_safe
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """The document as a page. Opening it is noted; HEAD, by which programmes look whether it is there, is not."""
    found = _opened(request, token)
    if found is None:
        return render(request, "finance/shared_gone.html", status=404)
    return render(request, "finance/shared.html", {"shared": found, "token": token})


@unseen
@require_safe
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
