"""Pages with which the main user takes all data of the account along (§6)."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import fresh, holder_only, is_fresh, main_user_only
from cannonworks.downloads import stream_response
from cannonworks.errors import Refused
from rights import returning
from rights.models import DataReturn
from rights.returned import shown


@holder_only
@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """What one takes along, how far it is, and the way to the download; colleagues read whom to ask."""
    user, at = request.user, timezone.now()
    if not user.is_main:
        return render(request, "rights/return_colleague.html", {"main_user": user.account.main_user})
    found = DataReturn.objects.visible_to(user).order_by("-id").first()
    context = {"is_fresh": is_fresh(request), "minutes": settings.FRESH_MINUTES}
    return render(request, "rights/return.html", context | shown.page(user.account, found, at=at))


@main_user_only
@require_GET
def progress(request: HttpRequest, reference: UUID) -> HttpResponse:
    """How far it is, for a page that asks again and again; when it is over the page is asked for anew."""
    context = shown.progress(_found(request, reference), at=timezone.now())
    response = render(request, "rights/_return_progress.html", context)
    if not context["polls"]:
        response.headers["HX-Refresh"] = "true"
    return response


@main_user_only
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    account, at = request.user.account, timezone.now()
    return _done(request, lambda: returning.ask_return(account, actor=request.user, at=at))


@main_user_only
@require_POST
def cancel(request: HttpRequest, reference: UUID) -> HttpResponse:
    found = _found(request, reference)
    return _done(request, lambda: returning.cancel_return(found, actor=request.user), _("The files are removed."))


@main_user_only
@require_POST
def resume(request: HttpRequest, reference: UUID) -> HttpResponse:
    found = _found(request, reference)
    return _done(request, lambda: returning.resume_return(found, actor=request.user))


@main_user_only
@require_POST
@fresh
def prove(request: HttpRequest, reference: UUID) -> HttpResponse:
    """Nothing but the proof: the page that follows has the link to the download."""
    _found(request, reference)
    return redirect("export")


@main_user_only
@require_GET
def archive(request: HttpRequest, reference: UUID) -> HttpResponseBase:
    """The download, by a link, so that the browser's own list of downloads can try it again."""
    found = _found(request, reference)
    if not is_fresh(request):
        messages.warning(request, _("Show first that it is you; then you can download."))
        return redirect("export")
    try:
        taken = returning.take(found, actor=request.user, at=timezone.now())
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect("export")
    return stream_response(taken.pieces, taken.name, length=taken.length)


def _found(request: HttpRequest, reference: UUID) -> DataReturn:
    rows = DataReturn.objects.visible_to(request.user).select_related("account")
    return get_object_or_404(rows, reference=reference)


def _done(request: HttpRequest, act: Callable[[], object], words: str = "") -> HttpResponse:
    try:
        act()
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        if words:
            messages.success(request, words)
    return redirect("export")
