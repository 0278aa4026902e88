"""What a document still lacks before it may be issued: what the law wants on it (Wet OB art. 35a), named in words."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.models import Company
from cannonworks.countries import EU
from cannonworks.errors import Refused
from finance.models import Document, Line, VatRate
from relations.models import Relation


def check_complete(document: Document, lines: Collection[Line], company: Company) -> None:
    """Refuse to issue what the law would not take for a quote, invoice or credit note; the message names what lacks."""
    if found := missing(document, lines, company):
        words = " ".join(found)
        raise Refused("incomplete", _("This cannot be issued yet. %(missing)s") % {"missing": words}, clause="1")


def missing(document: Document, lines: Collection[Line], company: Company) -> list[str]:
    """What lacks, each as a sentence that says what to do; empty when it can be issued."""
    found = [] if lines else [_("It has no lines: add what you supply.")]
    found += _of_seller(company)
    if not document.is_quote:
        found += _of_invoice(document, {line.vat_rate for line in lines}, company)
    if document.is_credit and (excess := _excess(document)):
        found.append(excess)
    return found


def _of_seller(company: Company) -> Iterator[str]:
    if not (company.company_name and company.street and company.postcode and company.city):
        yield _("Your company's name or address is not complete: fill it in at your company.")
    if company.country == "NL" and not company.kvk_number:
        yield _("Your company's KvK number is missing: fill it in at your company.")


def _of_invoice(document: Document, rates: set[str], company: Company) -> Iterator[str]:
    if not document.recipient_address.strip():
        yield _("The address of the recipient is missing.")
    if rates - {VatRate.EXEMPT} and not company.vat_number:
        yield _("Your own VAT identification number is missing: fill it in at your company.")
    if VatRate.REVERSE in rates and not document.recipient_vat_number:
        yield _("With reverse charge the VAT identification number of the recipient has to be on it.")
    elif VatRate.ZERO in rates and not document.recipient_vat_number and _is_abroad(document.relation):
        yield _("At 0 % to another country of the EU the VAT identification number of the recipient has to be on it.")
    if VatRate.EXEMPT in rates and not document.exemption_ground:
        yield _("Say on what ground it is exempt from VAT.")


def _is_abroad(relation: Relation | None) -> bool:
    return relation is not None and relation.country != "NL" and relation.country in EU


def _excess(document: Document) -> str:
    """A credit note may give back no more than its invoice and the credit notes before it have left."""
    invoice = document.credits
    if invoice is None:
        return ""
    others = invoice.credit_notes.issued().aggregate(sum=Sum("gross_total"))["sum"] or Decimal(0)
    if invoice.gross_total + others + document.gross_total >= 0 or invoice.gross_total < 0:
        return ""
    return _("It credits more than is left of invoice %(number)s.") % {"number": invoice.number}
