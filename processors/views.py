from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cannonworks import isolation
from cannonworks.downloads import file_response
from cannonworks.publications import Paper, pdf_of
from processors import publishing


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
