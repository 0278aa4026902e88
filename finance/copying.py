"""Documents made from others: an invoice from a quote, a credit note for an invoice (Wet OB art. 35)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from cannonworks.errors import Refused
from finance.models import Document, DocumentKind, Line
from finance.services import lock_document, save_draft
from relations.services import check_not_restricted

#: What an invoice takes over from its quote, and a credit note from its invoice: each keeps the snapshot that was sent.
KEPT = (
    "relation", "recipient_name", "recipient_address", "recipient_vat_number", "customer_reference", "payment_days",
    "exemption_ground", "language",
)  # fmt: skip


@transaction.atomic
def invoice_from_quote(quote: Document, *, actor: User, again: bool = False) -> Document:
    """Draft an invoice with the recipient and the lines of an issued quote.

    Refused (``invoiced``) when there is one already, unless ``again`` says that another is meant; refused for a draft
    and for whatever is no quote.
    """
    quote = lock_document(quote)
    if quote.is_draft or not quote.is_quote:
        raise Refused("no_quote", _("Only of an issued quote an invoice can be made."))
    if not again and quote.invoices.exists():
        raise Refused("invoiced", _("There is an invoice of this quote already. You can make another one on purpose."))
    return _copy(quote, kind=DocumentKind.INVOICE, from_quote=quote)


@transaction.atomic
def credit_invoice(invoice: Document, *, actor: User, again: bool = False) -> Document:
    """Draft a credit note for the whole of an issued invoice: the same lines, taken back. It can be changed first.

    Refused (``credited``) when there is one already, unless ``again`` says that another is meant; refused for a draft
    and for whatever is no invoice.
    """
    invoice = lock_document(invoice)
    if invoice.is_draft or not invoice.is_invoice:
        raise Refused("no_invoice", _("Only an issued invoice can be credited."))
    if not again and invoice.credit_notes.exists():
        raise Refused(
            "credited", _("There is a credit note for this invoice already. You can make another one on purpose.")
        )
    return _copy(
        invoice, kind=DocumentKind.CREDIT, sign=-1, credits=invoice, credited_number=invoice.number,
        credited_on=invoice.issued_on, supplied_on=invoice.supplied_on, supplied_until=invoice.supplied_until,
    )  # fmt: skip


def _copy(document: Document, *, kind: DocumentKind, sign: int = 1, **fields: Any) -> Document:
    check_not_restricted(document.relation)
    kept = {name: getattr(document, name) for name in KEPT}
    copy = Document(account=document.account, kind=kind, **kept, **fields)
    return save_draft(copy, [_said(line, sign) for line in document.lines.all()])


def _said(line: Line, sign: int) -> Mapping[str, Any]:
    return {
        "description": line.description,
        "quantity": sign * line.quantity,
        "unit_price": line.unit_price,
        "vat_rate": line.vat_rate,
    }
