"""The PDF of a quote, invoice or credit note: what the law wants is on it, as its reader writes it (§1)."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from io import BytesIO

import pypdf
import pytest

from accounts.models import Company
from finance.copying import credit_invoice
from finance.printing import document_pdf, file_name
from finance.services import change_draft, draft_document, issue_document
from tests.lives import draft

pytestmark = [pytest.mark.django_db, pytest.mark.clause("1")]
ON = date(2026, 11, 22)
LINES = [
    {"description": "Dakkapel *plaatsen*", "quantity": Decimal("12.5"), "unit_price": Decimal(65), "vat_rate": "21"},
    {"description": "Schilderwerk", "unit_price": Decimal("1234.50"), "vat_rate": "9"},
    {"description": "Export", "unit_price": Decimal(10), "vat_rate": "0"},
    {"description": "Cursus", "unit_price": Decimal(20), "vat_rate": "exempt"},
    {"description": "Onderaanneming", "unit_price": Decimal(30), "vat_rate": "reverse"},
]


def pages(pdf: bytes) -> list[str]:
    """The text of each page, every kind of blank as one."""
    return [re.sub(r"\s+", " ", page.extract_text()) for page in pypdf.PdfReader(BytesIO(pdf)).pages]


def whole(account, *, kind="invoice", **fields):
    return draft_document(
        account, actor=account.main_user, kind=kind, lines=fields.pop("lines", LINES), recipient_name="Jansen & Zoon",
        recipient_address="Markt 2\n7941 AA Meppel", recipient_vat_number="NL822655287B01",
        exemption_ground="artikel 11 Wet OB", remarks="Dank je wel.", customer_reference="Kerkplein", **fields,
    )  # fmt: skip


def test_an_invoice_has_all_that_the_law_wants(account):
    Company.objects.filter(account=account).update(company_name="Timmerbedrijf De Vries")
    document = whole(account, supplied_on=date(2026, 11, 2), supplied_until=date(2026, 11, 20))
    document = issue_document(document, actor=account.main_user, on=ON)
    [shown] = pages(document_pdf(document))
    for words in (
        "Timmerbedrijf De Vries", "Brink 12", "9401 AB Assen", "KvK 12345678", "Btw-id NL002342672B42",
        "Jansen & Zoon", "Markt 2", "7941 AA Meppel", "NL822655287B01", "Factuur", "2026-0001", "22 november 2026",
        "2 november 2026 t/m", "20 november 2026", "6 december 2026", "Kerkplein", "Dakkapel *plaatsen*", "12,5 65,00 21% 812,50",
        "1 1.234,50 9% 1.234,50", "Btw 21% over € 812,50 € 170,63", "Btw 9% over € 1.234,50 € 111,11",
        "Btw 0% over € 10,00 € 0,00", "Vrijgesteld van btw over € 20,00", "Btw verlegd over € 30,00",
        "Totaal exclusief btw € 2.107,00", "Te betalen € 2.388,74", "Btw verlegd naar de afnemer",
        "Vrijgesteld van btw: artikel 11 Wet OB", "Dank je wel.",
    ):  # fmt: skip
        assert words in shown, words
    assert "CONCEPT" not in shown
    assert file_name(document) == "Factuur 2026-0001.pdf"


def test_in_english_it_is_english(account):
    document = issue_document(whole(account, language="en"), actor=account.main_user, on=ON)
    [shown] = pages(document_pdf(document))
    for words in ("Invoice 2026-0001"[:7], "22 November 2026", "1,234.50", "VAT 21% on € 812.50", "To pay € 2,388.74",
                  "VAT reverse charge (btw verlegd)", "Please pay by 6 December 2026"):  # fmt: skip
        assert words in shown, words
    assert "Factuur" not in shown
    assert file_name(document) == "Invoice 2026-0001.pdf"


@pytest.mark.parametrize(("language", "word"), [("nl", "CONCEPT"), ("en", "DRAFT")])
def test_a_draft_says_on_every_page_that_it_is_one(account, language, word):
    lines = [{"description": f"Regel {n}", "unit_price": Decimal(n)} for n in range(1, 81)]
    document = whole(account, language=language, lines=lines)
    shown = pages(document_pdf(document))
    assert len(shown) > 2
    assert all(word in page for page in shown)
    assert file_name(document) in ("Factuur concept.pdf", "Invoice draft.pdf")


def test_many_lines_go_over_pages_each_with_the_heads_of_the_columns(account):
    lines = [{"description": f"Regel {n}", "unit_price": Decimal(n)} for n in range(1, 101)]
    document = issue_document(whole(account, lines=lines), actor=account.main_user, on=ON)
    shown = pages(document_pdf(document))
    with_lines = [page for page in shown if "Regel" in page]
    assert len(with_lines) > 2
    assert all("Omschrijving Aantal Prijs Btw Bedrag" in page for page in with_lines)
    assert [f"Pagina {n} / {len(shown)}" in page for n, page in enumerate(shown, 1)] == [True] * len(shown)
    assert "Te betalen € 6.110,50" in shown[-1]


def test_a_credit_note_names_its_invoice_and_takes_the_same_back(account):
    invoice = issue_document(whole(account), actor=account.main_user, on=ON)
    note = issue_document(credit_invoice(invoice, actor=account.main_user), actor=account.main_user, on=ON)
    [shown] = pages(document_pdf(note))
    for words in ("Creditfactuur", "corrigeert factuur 2026-0001 van 22 november 2026", "-12,5 65,00 21% -812,50",
                  "€ -2.388,74", "Btw verlegd"):  # fmt: skip
        assert words in shown, words
    assert "Te betalen" not in shown


def test_a_quote_says_until_when_it_is_valid_and_asks_no_payment(account):
    quote = whole(account, kind="quote", valid_until=date(2026, 12, 31))
    [shown] = pages(document_pdf(issue_document(quote, actor=account.main_user, on=ON)))
    assert "Deze offerte is geldig tot en met 31 december 2026" in shown
    assert "O2026-0001" in shown
    assert "betalen" not in shown


@pytest.mark.clause("5.2")
def test_what_is_issued_gives_the_same_bytes_whatever_becomes_of_the_company(account):
    document = issue_document(draft(account), actor=account.main_user, on=ON)
    before = document_pdf(document)
    Company.objects.filter(account=account).update(company_name="Iets anders", city="Elders", vat_number="")
    document = type(document).objects.get(pk=document.pk)
    assert document_pdf(document) == before


def test_a_draft_has_the_company_as_it_is_now(account):
    document = draft(account)
    Company.objects.filter(account=account).update(company_name="Nieuwe Naam BV")
    document = change_draft(document, actor=account.main_user, remarks="")
    assert "Nieuwe Naam BV" in pages(document_pdf(document))[0]
