"""From a relation to a quote, an invoice and its PDF, in a real browser, in both languages, with and without scripts."""

from __future__ import annotations

import re
from datetime import date
from io import BytesIO

import pypdf
import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from accounts.states import State
from finance.models import Document
from relations.services import add_relation
from tests.factories import AccountFactory
from tests.journeys.test_holder import looks_well
from tests.signin import freshly

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("1"), pytest.mark.clause("5.2")]

WORDS = {
    "nl": {
        "documents": "Facturen", "new": "Nieuwe offerte", "search": "Zoek in je relaties", "add": "Regel toevoegen",
        "description": "Omschrijving", "quantity": "Aantal", "price": "Prijs", "vat": "Btw", "save": "Concept opslaan",
        "saved": "Je concept is opgeslagen.", "issue": "Definitief maken", "now": "Nu definitief maken",
        "invoice": "Maak de factuur", "quote": "Offerte O{year}-0001", "final": "Factuur {year}-0001",
        "typed": ("12,5", "1.040,01", "10"), "net": "13.010,13", "gross": "15.741,06", "vat shown": "2.730,03",
        "on paper": ("Factuur", "Btw 21% over € 13.000,13 € 2.730,03", "Te betalen € 15.741,06", "12,5 1.040,01 21%"),
        "kept": "de Belastingdienst wil dat je het zeven jaar bewaart", "more": "Verwijder regel 3", "search button": "Zoeken",
        "recalculate": "Herberekenen",
    },
    "en": {
        "documents": "Documents", "new": "New quote", "search": "Search your relations", "add": "Add a line",
        "description": "Description", "quantity": "Quantity", "price": "Price", "vat": "VAT", "save": "Save draft",
        "saved": "Your draft is saved.", "issue": "Issue", "now": "Issue now", "invoice": "Make the invoice",
        "quote": "Quote O{year}-0001", "final": "Invoice {year}-0001", "typed": ("12.5", "1,040.01", "10"),
        "net": "13,010.13", "gross": "15,741.06", "vat shown": "2,730.03",
        "on paper": ("Invoice", "VAT 21% on € 13,000.13 € 2,730.03", "To pay € 15,741.06", "12.5 1,040.01 21%"),
        "kept": "the tax authorities want it kept for seven years", "more": "Remove line 3", "search button": "Search",
        "recalculate": "Recalculate",
    },
}  # fmt: skip


def signed_in(chromium, live_server, client, user, language, width, **more):
    """A page of a browser in which the user is signed in."""
    context = chromium.new_context(
        locale=language, viewport={"width": width, "height": 900}, bypass_csp=True, base_url=live_server.url, **more
    )
    cookies = {"sessionid": freshly(client, user).session.session_key, "django_language": language}
    context.add_cookies([{"name": name, "value": value, "url": live_server.url} for name, value in cookies.items()])
    return context.new_page()


@pytest.mark.parametrize(("language", "width"), [("nl", 390), ("en", 1280)])
def test_a_relation_gets_a_quote_and_an_invoice(chromium, live_server, client, language, width):
    account = AccountFactory(state=State.ACTIVE)
    User.objects.filter(account=account).update(language=language)
    user, words, year = account.main_user, WORDS[language], timezone.localdate().year
    add_relation(
        account, actor=user, company_name="Jansen & Zoon", street="Markt", house_number="2", postcode="7941 AA",
        city="Meppel", vat_number="NL822655287B01",
    )  # fmt: skip
    add_relation(account, actor=user, first_name="Noor", last_name="Visser")
    page = signed_in(chromium, live_server, client, user, language, width)
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)

    page.goto("/documents/")
    looks_well(page)
    page.get_by_role("link", name=words["new"]).click()
    page.get_by_label(words["search"]).press_sequentially("jansen")
    expect(page.locator("#found button")).to_have_count(1)
    page.locator("#found button").click()
    expect(page.locator("#id_recipient_name")).to_have_value("Jansen & Zoon")
    expect(page.locator("#id_recipient_address")).to_have_value("Markt 2\n7941 AA Meppel")

    quantity, price, second = words["typed"]
    line = page.locator(".line").first
    line.get_by_label(words["description"]).fill("Dakkapel")
    line.get_by_label(words["quantity"]).fill(quantity)
    line.get_by_label(words["price"]).press_sequentially(price)
    expect(page.locator("#totals")).to_contain_text(words["vat shown"])  # as one types
    expect(line.get_by_label(words["price"])).to_be_focused()
    page.get_by_role("button", name=words["add"]).click()
    expect(page.locator(".line")).to_have_count(2)
    expect(page.locator("#id_line-1-description")).to_be_focused()
    page.keyboard.type("Schoonmaken")
    page.locator("#id_line-1-unit_price").fill(second)
    page.locator("#id_line-1-vat_rate").select_option("exempt")
    page.get_by_role("button", name=words["add"]).click()
    page.get_by_role("button", name=words["more"]).click()
    expect(page.locator(".line")).to_have_count(2)
    page.locator("#id_line-1-vat_rate").select_option("9")
    expect(page.locator("#totals")).to_contain_text(words["net"])
    expect(page.locator("#id_line-0-description")).to_have_value("Dakkapel")
    page.locator("#id_language").select_option(language)
    looks_well(page)
    page.get_by_role("button", name=words["save"]).last.click()

    expect(page.get_by_text(words["saved"])).to_be_visible()
    looks_well(page)
    page.get_by_role("link", name=words["issue"], exact=True).click()
    looks_well(page)
    page.get_by_role("button", name=words["now"]).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words["quote"].format(year=year))
    page.get_by_role("button", name=words["invoice"]).click()
    page.get_by_role("button", name=words["save"]).last.click()
    page.get_by_role("link", name=words["issue"], exact=True).click()
    page.get_by_role("button", name=words["now"]).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words["final"].format(year=year))
    expect(page.get_by_text(words["kept"])).to_be_visible()
    looks_well(page)

    answer = page.request.get(page.get_by_role("link", name=re.compile("^pdf$", re.IGNORECASE)).get_attribute("href"))
    [shown] = [re.sub(r"\s+", " ", each.extract_text()) for each in pypdf.PdfReader(BytesIO(answer.body())).pages]
    for text in (*words["on paper"], "Jansen & Zoon", "7941 AA Meppel", f"{year}-0001", account.company.company_name):
        assert text in shown, text
    invoice = Document.objects.get(kind="invoice")
    assert (invoice.number, invoice.kept_until) == (f"{year}-0001", date(year + 8, 1, 1))
    assert complaints == []


def test_the_same_without_scripts(chromium, live_server, client):
    account = AccountFactory(state=State.ACTIVE)
    relation = add_relation(
        account, actor=account.main_user, company_name="Jansen & Zoon", street="Markt", city="Meppel"
    )
    words = WORDS["nl"]
    page = signed_in(chromium, live_server, client, account.main_user, "nl", 1280, java_script_enabled=False)
    page.goto("/documents/new/")
    page.get_by_label(words["search"]).fill("jansen")
    page.get_by_role("button", name=words["search button"]).click()
    page.get_by_role("button", name="Jansen & Zoon").click()
    page.locator("#id_line-0-description").fill("Dakkapel")
    page.locator("#id_line-0-quantity").fill("12,5")
    page.locator("#id_line-0-unit_price").fill("1.040,01")
    page.get_by_role("button", name=words["recalculate"]).click()
    expect(page.locator("#totals")).to_contain_text(words["vat shown"])
    page.get_by_role("button", name=words["add"]).click()
    page.locator("#id_line-1-description").fill("Schoonmaken")
    page.locator("#id_line-1-unit_price").fill("10")
    page.locator("#id_line-1-unit_price").press("Enter")  # saves, and removes nothing
    expect(page.get_by_text(words["saved"])).to_be_visible()
    document = Document.objects.get()
    assert (document.relation, document.recipient_name, document.lines.count()) == (relation, "Jansen & Zoon", 2)
