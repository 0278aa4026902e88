"""Activating over the API: the same service as the page's, with the invoice that goes with it (§2, §5)."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import AccountEndpoint
from cannonworks.api import Endpoint, PDFRenderer, RowBody
from cannonworks.downloads import file_response
from finance import subscription
from finance.models import SubscriptionInvoice
from finance.papers import invoice_pdf


class RunningEndpoint(AccountEndpoint):
    """Letting the caller's own account run."""

    @extend_schema(request=None, operation_id="account_activate_create")
    def activate(self, request: Request) -> Response:
        """Turn the trial into a running account, and charge its first period (§2). Main user only."""
        subscription.activate(request.user.account, actor=request.user, on=timezone.localdate())
        return self.now()

    @extend_schema(request=None, operation_id="account_reactivate_create")
    def reactivate(self, request: Request) -> Response:
        """Let a cancelled account run again, until the day before its erasure (§5.4), and charge it. Main user only."""
        subscription.reactivate(request.user.account, actor=request.user, on=timezone.localdate())
        return self.now()


class SubscriptionInvoiceBody(RowBody):
    """What CannonWorks charged for the account, in euros; the period up to but not including ``period_until``."""

    paid = serializers.DecimalField(max_digits=12, decimal_places=2, read_only=True)
    left = serializers.DecimalField(
        max_digits=12, decimal_places=2, read_only=True, help_text="Still to be paid; below zero: too much was paid."
    )

    class Meta:
        model = SubscriptionInvoice
        fields = (
            "reference", "number", "issued_on", "due_on", "period_from", "period_until", "net", "vat", "paid", "left",
            "kept_until", "customer_name", "customer_address", "customer_vat_number",
        )  # fmt: skip
        read_only_fields = fields


class SubscriptionInvoiceEndpoint(mixins.ListModelMixin, Endpoint):
    """CannonWorks' own invoices to the caller's account, the newest first."""

    serializer_class = SubscriptionInvoiceBody
    queryset = SubscriptionInvoice.objects.all()
    ordering = ("-issued_on", "-id")

    def get_queryset(self) -> Any:
        return SubscriptionInvoice.objects.visible_to(self.request.user).with_paid()

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY}, operation_id="subscription_invoices_pdf")
    def pdf(self, request: Request, reference: object) -> HttpResponse:
        """The invoice as PDF, in the caller's language."""
        invoice = get_object_or_404(self.get_queryset(), reference=reference)
        return file_response(invoice_pdf(invoice, language=request.user.language), f"{invoice.number}.pdf", inline=True)


urlpatterns = [
    path("account/activate/", RunningEndpoint.as_view({"post": "activate"}), name="api-activate"),
    path("account/reactivate/", RunningEndpoint.as_view({"post": "reactivate"}), name="api-reactivate"),
    path("subscription-invoices/", SubscriptionInvoiceEndpoint.as_view({"get": "list"}), name="api-subscription"),
    path(
        "subscription-invoices/<uuid:reference>/invoice.pdf",
        SubscriptionInvoiceEndpoint.as_view({"get": "pdf"}, renderer_classes=[PDFRenderer]),
        name="api-subscription-pdf",
    ),
]
