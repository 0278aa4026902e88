from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Account
from cannonworks import isolation
from cannonworks.downloads import file_response
from cannonworks.listing import search_address, searched
from cannonworks.publications import Paper, pdf_of
from processors import publishing, services
from processors.access import inside_only
from processors.forms import FindForm
from processors.models import Helper

PAGE = 50


@inside_only
@require_http_methods(["GET", "POST"])
def accounts(request: HttpRequest, helper: Helper) -> HttpResponse:
    """The overarching administration, to read: each page that is opened is journalled, with what was on it."""
    if request.method == "POST":
        posted = FindForm(request.POST)
        posted.is_valid()
        return redirect(search_address(request, {"search": posted.cleaned_data.get("search", "")}))
    form = FindForm({"search": searched(request), "before": request.GET.get("before")})
    form.is_valid()
    term, before = form.cleaned_data.get("search", ""), form.cleaned_data.get("before")
    rows = Account.objects.overview().matching(term)
    found = list(rows.filter(pk__lt=before)[: PAGE + 1] if before else rows[: PAGE + 1])
    shown = found[:PAGE]
    services.record_look(helper, accounts=shown, page="accounts", searched=bool(term))
    after = shown[-1].pk if len(found) > PAGE else None
    return render(request, "processors/accounts.html", {"accounts": shown, "form": form, "term": term, "after": after})


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """The privacy statement, for everybody."""
    return _page(request, _public(publishing.privacy), {"privacy-pdf": _("Download as PDF")})


@login_not_required
@require_safe
def privacy_pdf(request: HttpRequest) -> HttpResponse:
    """The same as PDF."""
    return _pdf(_public(publishing.privacy), "privacy")


@login_not_required
@require_safe
def record(request: HttpRequest) -> HttpResponse:
    """The processor's record, for everybody."""
    files = {"record-pdf": _("Download as PDF"), "record-json": _("Download as JSON")}
    return _page(request, _public(publishing.record).paper, files)


@login_not_required
@require_safe
def record_pdf(request: HttpRequest) -> HttpResponse:
    """The same as PDF."""
    return _pdf(_public(publishing.record).paper, "record")


@login_not_required
@require_safe
def record_json(request: HttpRequest) -> HttpResponse:
    """The same for programs, in the form of ``docs/record.md``."""
    said = _public(publishing.record).as_json()
    return file_response(json.dumps(said, ensure_ascii=False, indent=2), "cannonworks-record.json")


def _public(make: Callable[..., Any]) -> Any:
    """A text that is the same for everybody, whoever is signed in: read with the rights of a visitor."""
    with isolation.acting_as(isolation.VISITOR):
        return make(on=timezone.localdate())


def _page(request: HttpRequest, paper: Paper, files: dict[str, str]) -> HttpResponse:
    return render(request, "processors/paper.html", {"paper": paper, "files": files})


def _pdf(paper: Paper, name: str) -> HttpResponse:
    return file_response(pdf_of(paper), f"cannonworks-{name}-{paper.language}.pdf", inline=True)
