from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import holder_only
from cannonworks.listing import Order, listing
from finance import sharing
from finance.forms import MailForm, ShareForm
from finance.models import Document, Mailing, ShareLink

ORDERS = (Order("newest", gettext_lazy("Newest first"), ("-id",)),)


@holder_only
@require_GET
def document_sharing(request: HttpRequest, reference: UUID) -> HttpResponse:
    """Who can read this document: its links and mailings."""
    document = _document(request, reference)
    context = {**sharing.sharing_of(document, at=timezone.now()), "back": _page_of(document)}
    return render(request, "finance/sharing.html", context)


@holder_only
@require_POST
def share(request: HttpRequest, reference: UUID) -> HttpResponse:
    """Make a link; its address is in this answer and nowhere else."""
    document, form = _document(request, reference), ShareForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose for how long the link works."))
        return redirect(_page_of(document))
    days = form.cleaned_data["days"]
    link, address = sharing.share_document(document, actor=request.user, at=timezone.now(), days=days)
    context = {"document": document, "link": link, "address": address, "back": _page_of(document)}
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
        return redirect(_page_of(document))
    return render(
        request, "finance/mail_document.html", {"form": form, "document": document, "back": _page_of(document)}
    )


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
    return redirect("links" if request.POST.get("from") == "links" else _page_of(link.document))


@holder_only
@require_POST
def retry(request: HttpRequest, reference: UUID) -> HttpResponse:
    mailings = Mailing.objects.visible_to(request.user).select_related("document")
    mailing = get_object_or_404(mailings, reference=reference)
    sharing.retry_mailing(mailing, actor=request.user, at=timezone.now())
    messages.success(request, _("The mail is on its way again."))
    return redirect(_page_of(mailing.document))


def _document(request: HttpRequest, reference: UUID) -> Document:
    rows = Document.objects.visible_to(request.user).select_related("account", "relation")
    return get_object_or_404(rows, reference=reference)


def _page_of(document: Document) -> str:
    """The page on which the document's links are shown: its own, or the one about sharing alone."""
    try:
        return reverse("document", args=[document.reference])
    except NoReverseMatch:
        return reverse("document-sharing", args=[document.reference])
