from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import holder_only
from cannonworks.listing import Order, listing
from finance import sharing
from finance.models import Document, Mailing, ShareLink
from finance.sharing_forms import MailForm, ShareForm

ORDERS = (Order("newest", gettext_lazy("Newest first"), ("-id",)),)


@holder_only
@require_POST
def share(request: HttpRequest, reference: UUID) -> HttpResponse:
    """Make a link; its address is in this answer and nowhere else."""
    document, form = _document(request, reference), ShareForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose for how long the link works."))
        return redirect(document)
    days = form.cleaned_data["days"]
    link, address = sharing.share_document(document, actor=request.user, at=timezone.now(), days=days)
    context = {"document": document, "link": link, "address": address}
    return render(request, "finance/link_made.html", context)


@holder_only
@require_http_methods(["GET", "POST"])
def mail(request: HttpRequest, reference: UUID) -> HttpResponse:
    document = _document(request, reference)
    if refused := sharing.why_not(document):
        raise refused
    to = document.relation.email if document.relation else ""
    form = MailForm(request.POST or None, initial={"to": to})
    if form.is_valid():
        sharing.mail_document(document, actor=request.user, at=timezone.now(), **form.mail())
        messages.success(request, _("The mail is on its way."))
        return redirect(document)
    return render(request, "finance/mail_document.html", {"form": form, "document": document})


@holder_only
@require_GET
def links(request: HttpRequest) -> HttpResponse:
    """All links of the account: what is out, until when, and how often it was opened."""
    rows = ShareLink.objects.visible_to(request.user).listed()
    return render(request, "finance/links.html", {"page": listing(request, rows, ORDERS), "at": timezone.now()})


@holder_only
@require_POST
def revoke(request: HttpRequest, reference: UUID) -> HttpResponse:
    link = get_object_or_404(ShareLink.objects.visible_to(request.user).listed(), reference=reference)
    sharing.revoke_link(link, actor=request.user, at=timezone.now())
    messages.success(request, _("The link does not work any more."))
    return redirect("links" if request.POST.get("from") == "links" else link.document)


@holder_only
@require_POST
def retry(request: HttpRequest, reference: UUID) -> HttpResponse:
    mailings = Mailing.objects.visible_to(request.user).select_related("document")
    mailing = get_object_or_404(mailings, reference=reference)
    sharing.retry_mailing(mailing, actor=request.user, at=timezone.now())
    messages.success(request, _("The mail is on its way again."))
    return redirect(mailing.document)


def _document(request: HttpRequest, reference: UUID) -> Document:
    rows = Document.objects.visible_to(request.user).select_related("account", "relation")
    return get_object_or_404(rows, reference=reference)
