"""A quote or invoice of the holder as PDF."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.utils import translation

from accounts.models import Company
from cannonworks.documents import render
from finance.models import Document, Totals
from finance.papers import TEMPLATE, address_of, euros


def document_pdf(document: Document) -> bytes:
    """The document as PDF, in its language; about 20 ms a page."""
    company = Company.objects.get(account=document.account_id)
    lines, day = list(document.lines.all()), document.issued_on or date.min
    totals, language = Totals.of(lines), getattr(document, "language", "") or settings.LANGUAGE_CODE
    with translation.override(language):
        return render(TEMPLATE, _data(document, company, lines, totals, day, language))


def _data(
    document: Document, company: Company, lines: list, totals: Totals, day: date, language: str
) -> dict[str, Any]:
    return {
        "language": language, "kind": document.kind, "number": document.number, "date": day.isoformat(),
        "sender": address_of(company),
        "recipient": [document.recipient_name, *document.recipient_address.splitlines()],
        "lines": [
            {
                "description": line.description, "quantity": f"{line.quantity.normalize():f}",
                "price": euros(line.unit_price), "amount": euros(line.net),
            }
            for line in lines
        ],
        "net": euros(totals.net),
        "vat": [{"rate": rate, "amount": euros(amount)} for rate, amount in totals.vat.items()],
        "gross": euros(totals.gross),
    }  # fmt: skip
