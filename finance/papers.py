"""CannonWorks' own invoices to this customer as PDF (§5), in the style of the house."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from cannonworks.documents import render
from finance.bookkeeping import SUBSCRIPTION_VAT
from finance.models import SubscriptionInvoice
from finance.numbers import amount

TEMPLATE = Path(__file__).parent / "documents" / "subscription.typ"


def invoice_pdf(invoice: SubscriptionInvoice, *, language: str) -> bytes:
    """The invoice in this language, the same bytes each time; about 20 ms a page."""
    return render(TEMPLATE, invoice_data(invoice, language=language))


def invoice_data(invoice: SubscriptionInvoice, *, language: str) -> dict[str, Any]:
    """What ``subscription.typ`` prints: parties as they were, the period, amounts in euros, and by when it is paid."""
    with translation.override(language):
        line = {
            "description": _("Subscription to CannonWorks"), "quantity": "1", "price": amount(invoice.net),
            "amount": amount(invoice.net),
        }  # fmt: skip
        if invoice.period_from and invoice.last_day:
            line |= {"from": invoice.period_from.isoformat(), "until": invoice.last_day.isoformat()}
        said = f"{settings.CANNONWORKS_ADDRESS},{settings.CANNONWORKS_NUMBERS}"
        ours = [part.strip() for part in said.split(",")]
        customer = [invoice.customer_name, *invoice.customer_address.splitlines(), invoice.customer_vat_number]
        return {
            "language": language, "kind": "invoice", "number": invoice.number, "date": invoice.issued_on.isoformat(),
            "sender": ours, "recipient": customer,
            "lines": [line], "net": amount(invoice.net), "gross": amount(invoice.gross),
            "vat": [{"rate": f"{SUBSCRIPTION_VAT} %", "amount": amount(invoice.vat)}],
            **({"due": invoice.due_on.isoformat()} if invoice.due_on else {}),
            **({"iban": settings.SUBSCRIPTION_IBAN} if settings.SUBSCRIPTION_IBAN else {}),
        }  # fmt: skip
