"""A quote, invoice or credit note as a PDF, in the language chosen for it; a draft says that it is one."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from cannonworks.documents import render
from finance import numbers
from finance.models import Document, Line, Totals
from finance.services import seller_of

TEMPLATE = Path(__file__).parent / "documents" / "invoice.typ"
#: What the file is called, by language and kind; the number follows.
NAMES = {
    "nl": {"quote": "Offerte", "invoice": "Factuur", "credit": "Creditfactuur"},
    "en": {"quote": "Quote", "invoice": "Invoice", "credit": "Credit note"},
}
DRAFT = {"nl": "concept", "en": "draft"}


def document_pdf(document: Document) -> bytes:
    """The document as PDF/A; an issued one gives the same bytes for ever. About 30 ms, and 20 ms for each further page.

    A draft has the company as it is now for its sender. Three queries at most.
    """
    return render(TEMPLATE, document_data(document))


def file_name(document: Document) -> str:
    """ "Factuur 2026-0001.pdf"; never a name of anybody."""
    name = NAMES[document.language][document.kind]
    return f"{name} {document.number or DRAFT[document.language]}.pdf"


def document_data(document: Document) -> dict[str, Any]:
    """What ``invoice.typ`` prints: texts, with every amount and quantity already in the notation of the language."""
    lines, language = list(document.lines.all()), document.language
    totals = Totals.of(lines)
    return {
        "kind": document.kind,
        "language": language,
        "draft": document.is_draft,
        "number": document.number,
        "reference": str(document.reference),
        "seller": _seller(document),
        "recipient": {
            "name": document.recipient_name,
            "address": document.recipient_address.splitlines(),
            "vat": document.recipient_vat_number,
        },
        "dates": {name: _iso(getattr(document, name)) for name in DATES},
        "payment_days": document.payment_days,
        "credited": document.credited_number,
        "customer_reference": document.customer_reference,
        "exemption_ground": document.exemption_ground,
        "remarks": document.remarks.splitlines(),
        "lines": [_line(line, language) for line in lines],
        "rates": [_rate(each, language) for each in totals.rates],
        "net": numbers.money(totals.net, language),
        "gross": numbers.money(totals.gross, language),
    }


DATES = ("issued_on", "due_on", "supplied_on", "supplied_until", "valid_until", "credited_on")


def sender(document: Document) -> dict[str, str]:
    """Who sends it: as issued, and of a draft the company as it is now."""
    names = ("seller_name", "seller_address", "seller_kvk_number", "seller_vat_number", "seller_email", "seller_phone")
    if document.is_draft:
        return seller_of(document.account.company)
    return {name: getattr(document, name) for name in names}


def _seller(document: Document) -> dict[str, Any]:
    said = {name.removeprefix("seller_"): value for name, value in sender(document).items()}
    return {**said, "address": said["address"].splitlines()}


def _line(line: Line, language: str) -> dict[str, str]:
    return {
        "description": line.description,
        "quantity": numbers.quantity(line.quantity, language),
        "price": numbers.amount(line.unit_price, language),
        "rate": str(line.vat_rate),
        "net": numbers.amount(line.net, language),
    }


def _rate(each: Any, language: str) -> dict[str, str]:
    return {
        "rate": str(each.rate),
        "net": numbers.money(each.net, language),
        "vat": numbers.money(each.vat, language),
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
