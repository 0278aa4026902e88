"""Pages to bring in a file and to take one along: one set for relations and employees, told which by ``what``."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import holder_only
from cannonworks.downloads import BOM, file_response
from cannonworks.errors import Refused
from relations import exporting, imports
from relations.importing import shown
from relations.importing.forms import ColumnsForm, FileForm
from relations.models import Import, ImportState


@holder_only
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest, what: str) -> HttpResponse:
    """Choose a file; below it what this user brought in before."""
    account, data = request.user.account, (request.POST, request.FILES) if request.method == "POST" else ()
    if (form := FileForm(*data)).is_valid():
        try:
            file, at = form.cleaned_data["file"], timezone.now()
            return _to(imports.upload(account, actor=request.user, what=what, file=file, at=at))
        except Refused as refused:
            form.add_error("file", refused.message)
    earlier = Import.objects.of(request.user).filter(what=what).order_by("-id")[: shown.EARLIER]
    return render(request, "relations/import.html", shown.choosing(what, form, earlier))


@holder_only
@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, what: str, reference: UUID) -> HttpResponse:
    """A file: its columns and first rows before it is taken in, then how far it is, then what came of it."""
    found = _found(request, what, reference)
    if found.state != ImportState.DRAFT:
        return render(request, "relations/import_begun.html", shown.progress(found))
    form = ColumnsForm(request.POST or None, found=found, headings=imports.headings(found))
    if request.method == "POST" and form.is_valid() and "start" in request.POST:
        try:
            columns, takes_known, at = form.chosen(), form.takes(), timezone.now()
            imports.start(found, actor=request.user, columns=columns, takes_known=takes_known, at=at)
            return _to(found)
        except Refused as refused:
            form.add_error(None, refused.message)
    return render(request, "relations/import_draft.html", shown.draft(found, form))


@holder_only
@require_GET
def progress(request: HttpRequest, what: str, reference: UUID) -> HttpResponse:
    """How far it is, for a page that asks again and again; when it is over the page is asked for anew."""
    found = _found(request, what, reference)
    response = render(request, "relations/_import_progress.html", shown.progress(found))
    if not found.is_under_way:
        response.headers["HX-Refresh"] = "true"
    return response


@holder_only
@require_GET
def refused(request: HttpRequest, what: str, reference: UUID) -> HttpResponseBase:
    return exporting.refused(_found(request, what, reference))


@holder_only
@require_POST
def resume(request: HttpRequest, what: str, reference: UUID) -> HttpResponse:
    return _to(imports.resume(_found(request, what, reference), actor=request.user, at=timezone.now()))


@holder_only
@require_POST
def stop(request: HttpRequest, what: str, reference: UUID) -> HttpResponse:
    return _to(imports.stop(_found(request, what, reference), actor=request.user))


@holder_only
@require_POST
def remove(request: HttpRequest, what: str, reference: UUID) -> HttpResponse:
    imports.remove(_found(request, what, reference), actor=request.user)
    messages.success(request, _("The file is forgotten."))
    return redirect(f"{what}-import")


@holder_only
@require_GET
def template(request: HttpRequest, what: str) -> HttpResponse:
    return file_response(BOM + exporting.template(what), f"{what}-{_('template')}.csv")


@holder_only
@require_GET
def export(request: HttpRequest, what: str) -> HttpResponseBase:
    return exporting.export(request.user.account, actor=request.user, what=what, at=timezone.now())


def _found(request: HttpRequest, what: str, reference: UUID) -> Import:
    rows = Import.objects.of(request.user).select_related("account")
    return get_object_or_404(rows, what=what, reference=reference)


def _to(found: Import) -> HttpResponse:
    return redirect(f"{found.what}-import-one", reference=found.reference)
