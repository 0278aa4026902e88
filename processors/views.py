from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Account
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
