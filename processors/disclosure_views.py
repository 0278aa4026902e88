from __future__ import annotations

import json
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import fresh, holder_only
from cannonworks.downloads import file_response
from cannonworks.errors import Refused
from cannonworks.listing import Order, listing
from cannonworks.publications import pdf_of
from processors import disclosing, disclosure_counts
from processors.models import Disclosure, ExtractState

ORDERS = (Order("newest", gettext_lazy("Newest first"), ("-received_at", "-pk")),)


@holder_only
@require_safe
def disclosures(request: HttpRequest) -> HttpResponse:
    """Who asked us for data of this account, and what came of it; the database leaves out what may not be known yet."""
    page = listing(request, Disclosure.objects.visible_to(request.user), ORDERS)
    return render(request, "processors/disclosures.html", {"page": page, "at": timezone.now()})


@fresh
@holder_only
@require_http_methods(["GET", "HEAD", "POST"])
def disclosure(request: HttpRequest, reference: UUID) -> HttpResponse:
    """One of them; the main user consents or refuses here, after a fresh proof (§8)."""
    own, at, error = Disclosure.objects.visible_to(request.user), timezone.now(), ""
    row = get_object_or_404(own, reference=reference)
    if request.method == "POST":
        try:
            disclosing.answer(row, actor=request.user, consent=request.POST.get("consent", ""), at=at)
        except Refused as refused:
            error = refused.message
        else:
            messages.success(request, _("Your answer is noted."))
            return redirect("disclosure", reference)
    known = disclosing.known_fields()
    context = {
        "row": row, "error": error, "fields": [known.get(name, name) for name in row.given_fields],
        "at": at, "waits": disclosing.waits_for_answer(row, at=at),
        "extract": row.extracts.filter(state=ExtractState.TAKEN).order_by("-pk").first(),
    }  # fmt: skip
    return render(request, "processors/disclosure.html", context, status=409 if error else 200)


@login_not_required
@require_safe
def counts(request: HttpRequest) -> HttpResponse:
    """How many requests there were in each year, and what came of them; for everybody."""
    on = timezone.localdate()
    paper = disclosure_counts.paper(disclosure_counts.counted(on=on), on=on)
    files = {"disclosure-counts-pdf": _("Download as PDF"), "disclosure-counts-json": _("Download as JSON")}
    return render(request, "processors/paper.html", {"paper": paper, "files": files})


@login_not_required
@require_safe
def counts_pdf(request: HttpRequest) -> HttpResponse:
    """The same as PDF."""
    on = timezone.localdate()
    paper = disclosure_counts.paper(disclosure_counts.counted(on=on), on=on)
    return file_response(pdf_of(paper), f"cannonworks-disclosures-{paper.language}.pdf", inline=True)


@login_not_required
@require_safe
def counts_json(request: HttpRequest) -> HttpResponse:
    """The same for programs."""
    said = disclosure_counts.as_json(disclosure_counts.counted(on=timezone.localdate()))
    return file_response(json.dumps(said, ensure_ascii=False, indent=2), "cannonworks-disclosures.json")
