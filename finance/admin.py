"""CannonWorks' own books, to look at. The holder's own quotes and invoices are nobody's business here."""

from __future__ import annotations

from decimal import Decimal

from django.contrib import admin
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from cannonworks.admin import StaffAdmin
from finance.models import Bookkept, Payment, SubscriptionInvoice


class BookAdmin(StaffAdmin):
    list_select_related = ("account__company",)
    reference_fields = ("account__reference",)

    @display(description=_("company"))
    def company(self, record: Bookkept) -> object:
        return getattr(record.account, "company", None)


@admin.register(SubscriptionInvoice)
class SubscriptionInvoiceAdmin(BookAdmin):
    list_display = ("number", "company", "account", "issued_on", "without_vat", "with_vat", "kept_until")
    search_fields = ("number__istartswith",)
    search_help_text = _("Number, or reference of the account")
    ordering = ("-issued_on", "-id")
    fields = (
        "number", "account", "issued_on", "without_vat", "value_added", "with_vat", "customer_name",
        "customer_address", "customer_vat_number", "kept_until",
    )  # fmt: skip

    @display(description=_("without VAT"), ordering="net")
    def without_vat(self, invoice: SubscriptionInvoice) -> str:
        return euros(invoice.net)

    @display(description=_("VAT"), ordering="vat")
    def value_added(self, invoice: SubscriptionInvoice) -> str:
        return euros(invoice.vat)

    @display(description=_("with VAT"))
    def with_vat(self, invoice: SubscriptionInvoice) -> str:
        return euros(invoice.net + invoice.vat)


@admin.register(Payment)
class PaymentAdmin(BookAdmin):
    list_display = ("invoice_number", "company", "account", "received_on", "sum", "kept_until")
    search_fields = ("invoice_number__istartswith",)
    search_help_text = _("Number of the invoice, or reference of the account")
    ordering = ("-received_on", "-id")
    fields = ("invoice_number", "account", "received_on", "sum", "kept_until")

    @display(description=_("amount"), ordering="amount")
    def sum(self, payment: Payment) -> str:
        return euros(payment.amount)


def euros(amount: Decimal) -> str:
    """An amount in euros as the reader's language writes it."""
    return f"€ {number_format(amount, 2, force_grouping=True)}"
