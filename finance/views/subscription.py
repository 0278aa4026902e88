from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from accounts.access import main_user_only
from cannonworks.downloads import file_response
from cannonworks.listing import Order, listing
from finance.models import SubscriptionInvoice
from finance.papers import invoice_pdf

ORDERS = (Order("newest", gettext_lazy("Newest first"), ("-issued_on", "-id")),)


@main_user_only
@require_GET
def invoices(request: HttpRequest) -> HttpResponse:
    """CannonWorks' own invoices to this customer: what they were for, and what is still to be paid."""
    rows = SubscriptionInvoice.objects.visible_to(request.user).with_paid()
    context = {"page": listing(request, rows, ORDERS), "on": timezone.localdate()}
    return render(request, "finance/subscription.html", context)


@main_user_only
@require_GET
def invoice(request: HttpRequest, reference: UUID) -> HttpResponse:
    found = get_object_or_404(SubscriptionInvoice.objects.visible_to(request.user), reference=reference)
    return file_response(invoice_pdf(found, language=request.user.language), f"{found.number}.pdf", inline=True)
