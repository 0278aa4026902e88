"""What whoever has a link sees: one document, and nothing else of anybody (§3)."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.unseen import unseen
from cannonworks.devices import kind_of
from cannonworks.downloads import file_response
from cannonworks.errors import KeyUnavailable, is_fence
from finance import sharing
from finance.printing import file_name


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
