"""CannonWorks' own books: to look at, and to record what was paid.

The holder's own quotes and invoices are nobody's business here.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from cannonworks.admin import Question, StaffAdmin, signed_in, today
from cannonworks.admin_fields import DayField
from cannonworks.admin_words import chip, day
from finance import bookkeeping
from finance.models import Bookkept, Payment, SubscriptionInvoice
from finance.numbers import money


class BookAdmin(StaffAdmin):
    list_select_related = ("account__company",)
    reference_fields = ("account__reference",)

    @display(description=_("company"))
    def company(self, record: Bookkept) -> object:
        return getattr(record.account, "company", None)


class PaymentForm(forms.Form):
    """A payment as it stands on the bank statement."""

    on = DayField(label=_("Received on"))
    amount = forms.DecimalField(
        label=_("Amount in euros"), max_digits=10, decimal_places=2, min_value=Decimal("0.01"),
        widget=UnfoldAdminDecimalFieldWidget(),
    )  # fmt: skip

    def clean_on(self) -> date:
        if self.cleaned_data["on"] > today():
            raise forms.ValidationError(gettext("This day has yet to come."))
        return self.cleaned_data["on"]


class PaidFilter(admin.SimpleListFilter):
    title = _("paid")
    parameter_name = "paid"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [("no", _("Not paid")), ("late", _("Overdue")), ("yes", _("Paid")), ("over", _("Too much"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        match self.value():
            case "no":
                return queryset.filter(left__gt=0)
            case "late":
                return queryset.filter(left__gt=0, due_on__lt=today())
            case "yes":
                return queryset.filter(left__lte=0)
            case "over":
                return queryset.filter(left__lt=0)
        return None


@admin.register(SubscriptionInvoice)
class SubscriptionInvoiceAdmin(BookAdmin):
    list_display = ("number", "company", "account", "issued_on", "with_vat", "still", "due_on", "reminders")
    list_filter = (PaidFilter,)
    search_fields = ("number__istartswith",)
    search_help_text = _("Number, or reference of the account")
    ordering = ("-issued_on", "-id")
    fields = (
        "number", "account", "issued_on", "period", "due_on", "without_vat", "value_added", "with_vat", "still",
        "mailed_at", "reminders", "customer_name", "customer_address", "customer_vat_number", "kept_until",
    )  # fmt: skip
    actions_detail = ("record_payment",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).with_paid()

    @display(description=_("period"))
    def period(self, invoice: SubscriptionInvoice) -> str:
        return f"{day(invoice.period_from)} – {day(invoice.last_day)}" if invoice.period_from else "–"

    @display(description=_("to be paid"))
    def still(self, invoice: SubscriptionInvoice) -> str:
        return state_of(invoice)

    @action(description=_("Record a payment"), permissions=["act"], icon="payments", variant=ActionVariant.PRIMARY)
    def record_payment(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What came in on this invoice; several times where it was paid in parts."""
        invoice = self.row(request, object_id)
        question = Question(
            title=gettext("Record a payment"),
            text=gettext("Look at the number on the bank statement: what is recorded here is not taken back."),
            facts=[
                (gettext("Invoice"), invoice.number),
                (gettext("Company"), self.company(invoice) or invoice.customer_name),
                (gettext("With VAT"), money(invoice.gross)),
                (gettext("Still to be paid"), state_of(invoice)),
            ],
            button=gettext("Record"),
            fields=PaymentForm,
            initial={"on": today(), "amount": max(invoice.left, 0) or None},
        )

        def record(*, on: date, amount: Decimal) -> None:
            bookkeeping.record_payment(invoice, on=on, amount=amount, actor=signed_in(request))
            if amount > invoice.left:
                over = gettext("With this, %(amount)s too much was paid on %(number)s.")
                told = {"amount": money(amount - invoice.left), "number": invoice.number}
                messages.warning(request, over % told)

        return self.act(request, question, record, done=gettext("The payment is recorded."), row=invoice)

    @display(description=_("without VAT"), ordering="net")
    def without_vat(self, invoice: SubscriptionInvoice) -> str:
        return money(invoice.net)

    @display(description=_("VAT"), ordering="vat")
    def value_added(self, invoice: SubscriptionInvoice) -> str:
        return money(invoice.vat)

    @display(description=_("with VAT"))
    def with_vat(self, invoice: SubscriptionInvoice) -> str:
        return money(invoice.net + invoice.vat)


@admin.register(Payment)
class PaymentAdmin(BookAdmin):
    list_display = ("invoice_number", "company", "account", "received_on", "sum", "kept_until")
    search_fields = ("invoice_number__istartswith",)
    search_help_text = _("Number of the invoice, or reference of the account")
    ordering = ("-received_on", "-id")
    fields = ("invoice_number", "account", "received_on", "sum", "kept_until")

    @display(description=_("amount"), ordering="amount")
    def sum(self, payment: Payment) -> str:
        return money(payment.amount)


def state_of(invoice: SubscriptionInvoice) -> str:
    """What is still to be paid on an invoice read ``with_paid``, in the colour of its meaning."""
    if invoice.left < 0:
        return chip("info", gettext("%(amount)s too much") % {"amount": money(-invoice.left)})
    if not invoice.left:
        return chip("success", gettext("Paid"))
    return chip("danger" if invoice.due_on and invoice.due_on < today() else "warning", money(invoice.left))
