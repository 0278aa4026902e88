from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import holder_only
from accounts.services import check_writable
from cannonworks.downloads import file_response
from cannonworks.errors import Refused
from finance import copying, services, sharing
from finance.checks import missing
from finance.models import Document
from finance.printing import document_pdf, file_name, sender
from relations.services import check_not_restricted


@holder_only
@require_GET
def document(request: HttpRequest, reference: UUID) -> HttpResponse:
    """A document as the customer sees it, what can be done with it, and until when the law has it kept."""
    row, on = _found(request, reference), timezone.localdate()
    lines = list(row.lines.all())
    context = {
        "document": row, "lines": lines, "totals": row.totals(), "sender": sender(row), "on": on,
        "missing": missing(row, lines, row.account.company) if row.is_draft else [],
        "made": list(Document.objects.made_from(row)), "is_over": row.kept_until and row.kept_until <= on,
        **({} if row.is_draft else sharing.sharing_of(row, at=timezone.now())),
    }  # fmt: skip
    return render(request, "finance/document.html", context)


@holder_only
@require_GET
def pdf(request: HttpRequest, reference: UUID) -> HttpResponse:
    row = _found(request, reference)
    return file_response(document_pdf(row), file_name(row), inline=True)


@holder_only
@require_http_methods(["GET", "POST"])
def issue(request: HttpRequest, reference: UUID) -> HttpResponse:
    """Asks first: after this it never changes."""
    row, on = _found(request, reference), timezone.localdate()
    if request.method == "POST":
        said = request.POST.get("revision", "")
        revision = int(said) if said.isdecimal() and len(said) < 10 else None
        try:
            row = services.issue_document(row, actor=request.user, on=on, revision=revision)
            messages.success(request, _("Issued with number %(number)s.") % {"number": row.number})
        except Refused as refused:
            messages.error(request, refused.message)
        return redirect(row)
    check_writable(row.account)
    check_not_restricted(row.relation)
    services.check_draft(row)
    lacks = missing(row, list(row.lines.all()), row.account.company)
    return render(request, "finance/issue.html", {"document": row, "missing": lacks, "on": on, "due": row.pay_by(on)})


@holder_only
@require_POST
def invoice(request: HttpRequest, reference: UUID) -> HttpResponse:
    """Of a quote."""
    return _copied(request, reference, copying.invoice_from_quote)


@holder_only
@require_POST
def credit(request: HttpRequest, reference: UUID) -> HttpResponse:
    """Of an invoice."""
    return _copied(request, reference, copying.credit_invoice)


@holder_only
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, reference: UUID) -> HttpResponse:
    """Asks first: a draft, or what is past its seven years."""
    row, on = _found(request, reference), timezone.localdate()
    if request.method == "POST":
        try:
            services.delete_document(row, actor=request.user, on=on)
        except Refused as refused:
            messages.error(request, refused.message)
            return redirect(row)
        messages.success(request, _("It has been deleted."))
        return redirect("documents")
    check_writable(row.account)
    services.check_deletable(row, on=on)
    return render(request, "finance/delete.html", {"document": row})


def _copied(request: HttpRequest, reference: UUID, copy: object) -> HttpResponse:
    row = _found(request, reference)
    try:
        draft = copy(row, actor=request.user, again=bool(request.POST.get("again")))  # type: ignore[operator]
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect(row)
    return redirect("document-change", draft.reference)


def _found(request: HttpRequest, reference: UUID) -> Document:
    rows = Document.objects.visible_to(request.user)
    rows = rows.select_related("account__company", "relation", "credits", "from_quote").prefetch_related("lines")
    return get_object_or_404(rows, reference=reference)
