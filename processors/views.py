from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from cannonworks.downloads import file_response
from cannonworks.publications import Paper, pdf_of
from processors import publishing


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """The privacy statement, for everybody."""
    paper = publishing.privacy(on=timezone.localdate())
    return render(request, "processors/paper.html", {"paper": paper, "pdf": "privacy-pdf"})


@login_not_required
@require_safe
def privacy_pdf(request: HttpRequest) -> HttpResponse:
    """The same as PDF."""
    return _pdf(publishing.privacy(on=timezone.localdate()), "privacy")


@login_not_required
@require_safe
def record(request: HttpRequest) -> HttpResponse:
    """The processor's record, for everybody."""
    paper = publishing.record(on=timezone.localdate())
    return render(request, "processors/paper.html", {"paper": paper, "pdf": "record-pdf"})


@login_not_required
@require_safe
def record_pdf(request: HttpRequest) -> HttpResponse:
    """The same as PDF."""
    return _pdf(publishing.record(on=timezone.localdate()), "record")


def _pdf(paper: Paper, name: str) -> HttpResponse:
    return file_response(pdf_of(paper), f"cannonworks-{name}-{paper.language}.pdf", inline=True)
