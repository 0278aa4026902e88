"""The first day of a stranger in a real browser: from signing up by mail to the PDF of the first invoice."""

from __future__ import annotations

import re
from datetime import date
from io import BytesIO
from urllib.parse import urlsplit

import pypdf
import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Account, Heed, TermsAcknowledgement
from accounts.states import State
from finance.models import Document
from tests.factories import PASSWORD
from tests.journeys.conftest import DESKTOP, PHONE
from tests.journeys.test_holder import looks_well

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "anna@example.nl"
WORDS = {
    "nl": {
        "try": "Probeer 30 dagen gratis", "your email": "Je e-mailadres", "old": "Ik ben 16 jaar of ouder",
        "send": "Stuur me de link", "sent": "Kijk in je mail", "finish": "Open je account", "name": "Bedrijfsnaam",
        "sole": "Eenmanszaak", "vat id": "Btw-identificatienummer", "street": "Straat", "number": "Huisnummer",
        "town": "Plaats", "first": "Voornaam", "last": "Achternaam", "password": "Wachtwoord",
        "letter": "Stuur me de nieuwsbrief", "terms": "Ik ga akkoord met de voorwaarden", "open": "Open mijn account",
        "hello": "Hallo Anna", "welcome": "Je proefperiode loopt tot en met", "young": "Ben je jonger dan 16?",
        "bsn": "met je BSN erin", "kvk": "KvK-nummer", "eight": "acht cijfers", "account": "Account",
        "company": "Bedrijf", "save": "Opslaan", "saved": "De gegevens van je bedrijf zijn opgeslagen.",
        "first relation": "voeg je eerste relatie toe", "new quote": "Nieuwe offerte",
        "search": "Zoek in je relaties", "elsewhere": "Kies iemand anders",
        "add": "Regel toevoegen", "description": "Omschrijving", "quantity": "Aantal", "price": "Prijs",
        "keep": "Bewaar concept", "kept draft": "Je concept is opgeslagen.", "issue": "Definitief maken",
        "now": "Nu definitief maken", "invoice": "Maak de factuur", "quote": "Offerte O{year}-0001",
        "final": "Factuur {year}-0001", "typed": ("12,5", "1.040,01", "10"), "net": "13.010,13",
        "vat shown": "2.730,03", "more": "Verwijder regel 3", "overview": "Overzicht",
        "kept": "de Belastingdienst wil dat je het zeven jaar bewaart",
        "on paper": (
            "Factuur", "Btw 21% over € 13.000,13 € 2.730,03", "Btw 9% over € 10,00 € 0,90", "Te betalen € 15.741,06",
            "12,5 1.040,01 21%",
        ),
    },
    "en": {
        "try": "Try 30 days free", "your email": "Your e-mail", "old": "I am 16 years or older",
        "send": "Send me the link", "sent": "Look in your mail", "finish": "Open your account", "name": "Company name",
        "sole": "Sole trader", "vat id": "VAT identification number", "street": "Street", "number": "House number",
        "town": "Town", "first": "First name", "last": "Last name", "password": "Password",
        "letter": "Send me the newsletter", "terms": "I accept the terms", "open": "Open my account",
        "hello": "Hello Anna", "welcome": "Your trial runs up to and including", "young": "Are you younger than 16?",
        "bsn": "contains your BSN", "kvk": "KvK number", "eight": "eight digits", "account": "Account",
        "company": "Company", "save": "Save", "saved": "The details of your company are saved.",
        "first relation": "add your first relation", "new quote": "New quote",
        "search": "Search your relations", "elsewhere": "Choose somebody else",
        "add": "Add a line", "description": "Description", "quantity": "Quantity", "price": "Price",
        "keep": "Save draft", "kept draft": "Your draft is saved.", "issue": "Issue", "now": "Issue now",
        "invoice": "Make the invoice", "quote": "Quote O{year}-0001", "final": "Invoice {year}-0001",
        "typed": ("12.5", "1,040.01", "10"), "net": "13,010.13", "vat shown": "2,730.03", "more": "Remove line 3",
        "overview": "Overview", "kept": "the tax authorities want it kept for seven years",
        "on paper": (
            "Invoice", "VAT 21% on € 13,000.13 € 2,730.03", "VAT 9% on € 10.00 € 0.90", "To pay € 15,741.06",
            "12.5 1,040.01 21%",
        ),
    },
}  # fmt: skip
Words = dict


@pytest.mark.clause("1", "2", "5.2", "19", "21")
@pytest.mark.parametrize(("language", "viewport"), [("nl", PHONE), ("en", DESKTOP)])
@pytest.mark.usefixtures("post_at_once")
def test_from_signing_up_to_the_pdf_of_the_first_invoice(browsers, language, viewport):
    words, page = WORDS[language], browsers(language, viewport)
    ask_for_a_link(page, words)
    open_the_account(page, words, language)
    say_what_an_invoice_needs(page, words)
    add_a_relation(page, words)
    write_a_quote(page, words, language)
    make_an_invoice_of_it(page, words)
    look_at_the_pdf(page, words)
    page.get_by_role("link", name=words["overview"], exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("Jansen & Zoon")
    looks_well(page)
    assert browsers.complaints == []


def ask_for_a_link(page: Page, words: Words) -> None:
    page.goto("/sign-in/")
    page.get_by_role("link", name=words["try"]).click()
    heading(page, words["try"])
    page.get_by_label(words["your email"]).fill(ADDRESS)
    page.get_by_role("button", name=words["send"]).click()
    expect(page.locator(".errorlist")).to_contain_text(words["young"])
    looks_well(page)
    assert mail.outbox == []
    expect(page.get_by_label(words["your email"])).to_have_value(ADDRESS)
    page.get_by_label(words["old"]).check()
    page.get_by_role("button", name=words["send"]).click()
    heading(page, words["sent"])
    looks_well(page)
    page.goto(urlsplit(re.search(r"https?://\S+", mail.outbox.pop().body)[0]).path)


def open_the_account(page: Page, words: Words, language: str) -> None:
    """Company and person: what is wrong is said as soon as the field is left, and nothing that was typed is lost."""
    heading(page, words["finish"])
    looks_well(page)
    for name, value in (
        ("name", "Atelier Anna"), ("street", "Brink"), ("number", "12"), ("town", "Assen"), ("first", "Anna"),
        ("last", "Wit"), ("password", PASSWORD),
    ):  # fmt: skip
        page.get_by_label(words[name], exact=name in ("street", "first", "last")).fill(value)
    page.get_by_label("Postcode").fill("9401ab")
    page.get_by_label(words["kvk"]).fill("123")
    page.get_by_label(words["sole"]).check()
    expect(page.locator(".errorlist")).to_contain_text(words["eight"])
    expect(page.get_by_label(words["kvk"])).to_have_value("123")
    page.get_by_label(words["kvk"]).fill("1234.5678")
    page.get_by_label(words["vat id"]).fill("NL111222333B01")
    page.get_by_label(words["terms"]).check()
    expect(page.get_by_label(words["kvk"])).to_have_value("12345678")
    expect(page.get_by_label("Postcode")).to_have_value("9401 AB")
    expect(page.locator(".errorlist")).to_contain_text(words["bsn"])
    page.get_by_role("button", name=words["open"]).click()
    expect(page.locator(".errorlist").first).to_contain_text(words["bsn"])
    for name, value in (("name", "Atelier Anna"), ("town", "Assen"), ("vat id", "NL111222333B01"), ("password", "")):
        expect(page.get_by_label(words[name])).to_have_value(value)
    looks_well(page)
    page.get_by_label(words["vat id"]).fill("")
    page.get_by_label(words["password"]).fill(PASSWORD)
    expect(page.get_by_label(words["letter"])).to_be_checked()
    page.get_by_role("button", name=words["open"]).click()
    heading(page, words["hello"])
    expect(page.get_by_role("status")).to_contain_text(words["welcome"])
    looks_well(page)
    account = Account.objects.get()
    opened = (account.state, account.company.kvk_number, account.main_user.language)
    assert opened == (State.TRIAL, "12345678", language)
    assert TermsAcknowledgement.objects.get().kind == Heed.ACCEPTED
    expect(page.locator("aside.banner")).to_have_count(0)


def say_what_an_invoice_needs(page: Page, words: Words) -> None:
    page.get_by_role("link", name=words["account"], exact=True).click()
    page.get_by_role("link", name=words["company"], exact=True).click()
    heading(page, words["company"])
    page.get_by_label(words["vat id"]).fill("nl002342672b42")
    page.get_by_label("Postcode").focus()
    expect(page.get_by_label(words["vat id"])).to_have_value("NL002342672B42")
    looks_well(page)
    page.get_by_role("button", name=words["save"], exact=True).click()
    expect(page.get_by_role("status")).to_contain_text(words["saved"])
    assert Account.objects.get().company.vat_number == "NL002342672B42"


def add_a_relation(page: Page, words: Words) -> None:
    page.goto("/relations/")
    looks_well(page)
    page.goto("/relations/add/")
    for name, value in (("name", "Jansen & Zoon"), ("street", "Markt"), ("number", "2"), ("town", "Meppel")):
        page.get_by_label(words[name]).fill(value)
    page.get_by_label("Postcode").fill("7941aa")
    looks_well(page)
    page.get_by_role("button", name=words["save"], exact=True).click()
    heading(page, "Jansen & Zoon")
    looks_well(page)


def write_a_quote(page: Page, words: Words, language: str) -> None:
    """Two lines at two rates; what they come to is there as one types."""
    page.get_by_role("link", name=words["new quote"]).click()
    expect(page.locator("#id_recipient_name")).to_have_value("Jansen & Zoon")
    page.get_by_role("button", name=words["elsewhere"]).click()
    page.get_by_label(words["search"]).press_sequentially("meppel")
    expect(page.locator("#found button")).to_have_count(1)
    page.locator("#found button").click()
    expect(page.locator("#id_recipient_address")).to_have_value("Markt 2\n7941 AA Meppel")
    quantity, price, second = words["typed"]
    line = page.locator(".line").first
    line.get_by_label(words["description"]).fill("Dakkapel")
    line.get_by_label(words["quantity"]).fill(quantity)
    line.get_by_label(words["price"]).press_sequentially(price)
    expect(page.locator("#totals")).to_contain_text(words["vat shown"])
    expect(line.get_by_label(words["price"])).to_be_focused()
    page.get_by_role("button", name=words["add"]).click()
    expect(page.locator("#id_line-1-description")).to_be_focused()
    page.keyboard.type("Schoonmaken")
    page.locator("#id_line-1-unit_price").fill(second)
    page.get_by_role("button", name=words["add"]).click()
    page.get_by_role("button", name=words["more"]).click()
    expect(page.locator(".line")).to_have_count(2)
    page.locator("#id_line-1-vat_rate").select_option("9")
    expect(page.locator("#totals")).to_contain_text(words["net"])
    expect(page.locator("#id_line-0-description")).to_have_value("Dakkapel")
    page.locator("#id_language").select_option(language)
    looks_well(page)
    page.get_by_role("button", name=words["keep"]).last.click()
    expect(page.get_by_text(words["kept draft"])).to_be_visible()
    looks_well(page)


def make_an_invoice_of_it(page: Page, words: Words) -> None:
    year = timezone.localdate().year
    issue(page, words, words["quote"].format(year=year))
    page.get_by_role("button", name=words["invoice"]).click()
    page.get_by_role("button", name=words["keep"]).last.click()
    issue(page, words, words["final"].format(year=year))
    expect(page.get_by_text(words["kept"])).to_be_visible()
    looks_well(page)


def issue(page: Page, words: Words, title: str) -> None:
    page.get_by_role("link", name=words["issue"], exact=True).click()
    looks_well(page)
    page.get_by_role("button", name=words["now"]).click()
    heading(page, title)


def look_at_the_pdf(page: Page, words: Words) -> None:
    year = timezone.localdate().year
    link = page.get_by_role("link", name=re.compile("^pdf$", re.IGNORECASE))
    answer = page.request.get(link.get_attribute("href"))
    assert answer.headers["content-type"] == "application/pdf"
    [shown] = [re.sub(r"\s+", " ", each.extract_text()) for each in pypdf.PdfReader(BytesIO(answer.body())).pages]
    names = ("Jansen & Zoon", "7941 AA Meppel", "Atelier Anna", "NL002342672B42", f"{year}-0001", "Schoonmaken")
    assert [text for text in (*words["on paper"], *names) if text not in shown] == []
    invoice = Document.objects.get(kind="invoice")
    assert (invoice.number, invoice.kept_until) == (f"{year}-0001", date(year + 8, 1, 1))


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)
