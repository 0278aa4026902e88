"""Signing up, and working together, in a real browser: from the mail to the first page, and from an invitation on."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core import mail
from playwright.sync_api import expect

from accounts.models import Account, User
from accounts.states import State
from cannonworks.celery import app
from tests.factories import PASSWORD, AccountFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("1")]

PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 860}
ADDRESS = "anna@example.nl"
WORDS = {
    "nl": {
        "try": "Probeer 30 dagen gratis", "email": "Je e-mailadres", "old": "Ik ben 16 jaar of ouder",
        "send": "Stuur me de link", "sent": "Kijk in je mail", "finish": "Open je account", "company": "Bedrijfsnaam",
        "sole": "Eenmanszaak", "vat": "Btw-identificatienummer", "street": "Straat", "number": "Huisnummer",
        "town": "Plaats", "first": "Voornaam", "last": "Achternaam", "password": "Wachtwoord",
        "letter": "Stuur me de nieuwsbrief", "terms": "Ik ga akkoord met de voorwaarden", "open": "Open mijn account",
        "hello": "Hallo Anna", "welcome": "Je proefperiode loopt tot en met", "young": "Ben je jonger dan 16?",
        "bsn": "met je BSN erin", "kvk": "KvK-nummer", "eight": "acht cijfers",
    },
    "en": {
        "try": "Try 30 days free", "email": "Your e-mail", "old": "I am 16 years or older",
        "send": "Send me the link", "sent": "Look in your mail", "finish": "Open your account",
        "company": "Company name", "sole": "Sole trader", "vat": "VAT identification number", "street": "Street",
        "number": "House number", "town": "Town", "first": "First name", "last": "Last name", "password": "Password",
        "letter": "Send me the newsletter", "terms": "I accept the terms", "open": "Open my account",
        "hello": "Hello Anna", "welcome": "Your trial runs up to and including", "young": "Are you younger than 16?",
        "bsn": "contains your BSN", "kvk": "KvK number", "eight": "eight digits",
    },
}  # fmt: skip


@pytest.fixture(autouse=True)
def _post_at_once():
    """The worker's task runs where it is queued: there is no worker beside this test."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.fixture
def browser(chromium, live_server):
    """Open a page in a browser of its own, in a language; ``complaints`` is what the browser complained of."""
    contexts, complaints = [], []

    def new(language="nl", viewport=PHONE, **options):
        context = chromium.new_context(base_url=live_server.url, viewport=viewport, **options)
        context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": live_server.url}])
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        return page

    new.complaints = complaints
    yield new
    for context in contexts:
        context.close()


def heading(page, text):
    expect(page.get_by_role("heading", level=1)).to_have_text(text)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def looks_well(page):
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [(each["id"], each["nodes"]) for each in found if each["impact"] in ("serious", "critical")] == []


def link() -> str:
    """The path in the last mail."""
    return urlsplit(re.search(r"https?://\S+", mail.outbox.pop().body)[0]).path


@pytest.mark.clause("2")
@pytest.mark.clause("19")
@pytest.mark.parametrize(("language", "viewport"), [("nl", PHONE), ("en", DESKTOP)])
def test_from_the_sign_in_page_by_mail_to_the_first_page(browser, language, viewport):
    words, page = WORDS[language], browser(language, viewport, bypass_csp=True)
    page.goto("/sign-in/")
    page.get_by_role("link", name=words["try"]).click()
    heading(page, words["try"])
    page.get_by_label(words["email"]).fill(ADDRESS)
    page.get_by_role("button", name=words["send"]).click()
    expect(page.locator(".errorlist")).to_contain_text(words["young"])
    looks_well(page)
    assert mail.outbox == []
    expect(page.get_by_label(words["email"])).to_have_value(ADDRESS)
    page.get_by_label(words["old"]).check()
    page.get_by_role("button", name=words["send"]).click()
    heading(page, words["sent"])
    looks_well(page)

    page.goto(link())
    heading(page, words["finish"])
    looks_well(page)
    for name, value in (
        ("company", "Atelier Anna"), ("street", "Brink"), ("number", "12"), ("town", "Assen"), ("first", "Anna"),
        ("last", "Wit"), ("password", PASSWORD),
    ):  # fmt: skip
        page.get_by_label(words[name], exact=name in ("street", "first", "last")).fill(value)
    page.get_by_label("Postcode").fill("9401ab")
    page.get_by_label(words["kvk"]).fill("123")
    page.get_by_label(words["sole"]).check()
    expect(page.locator(".errorlist")).to_contain_text(words["eight"])  # said as soon as the field is left
    page.get_by_label(words["kvk"]).fill("1234.5678")
    page.get_by_label(words["vat"]).fill("NL111222333B01")
    page.get_by_label(words["terms"]).check()
    expect(page.get_by_label(words["kvk"])).to_have_value("12345678")
    expect(page.get_by_label("Postcode")).to_have_value("9401 AB")
    expect(page.locator(".errorlist")).to_contain_text(words["bsn"])
    page.get_by_role("button", name=words["open"]).click()
    expect(page.locator(".errorlist").first).to_contain_text(words["bsn"])
    expect(page.get_by_label(words["password"])).to_have_value("")
    looks_well(page)
    page.get_by_label(words["vat"]).fill("")
    page.get_by_label(words["password"]).fill(PASSWORD)
    expect(page.get_by_label(words["letter"])).to_be_checked()
    page.get_by_role("button", name=words["open"]).click()
    heading(page, words["hello"])
    expect(page.get_by_role("status")).to_contain_text(words["welcome"])
    account = Account.objects.get()
    assert (account.state, account.company.kvk_number, account.main_user.language) == (
        State.TRIAL,
        "12345678",
        language,
    )
    assert browser.complaints == []


def test_a_colleague_is_invited_joins_is_made_main_user_and_removes_the_first(browser):
    account = AccountFactory(state=State.ACTIVE)
    main = browser(viewport=DESKTOP, bypass_csp=True)
    main.goto("/sign-in/")
    main.get_by_label("E-mail").fill(account.main_user.email)
    main.get_by_label("Wachtwoord").fill(PASSWORD)
    main.get_by_role("button", name="Inloggen", exact=True).click()
    main.goto("/account/users/")
    main.get_by_label("E-mail van je collega").fill("wim@bedrijf.example")
    main.get_by_role("button", name="Verstuur de uitnodiging").click()
    expect(main.get_by_role("listitem").filter(has_text="wim@bedrijf.example")).to_contain_text("de link werkt tot")
    looks_well(main)

    wim = browser()
    wim.goto(link())
    heading(wim, f"Doe mee met {account.company}")
    wim.get_by_label("Voornaam").fill("Wim")
    wim.get_by_label("Achternaam").fill("Smid")
    wim.get_by_label("Wachtwoord").fill(PASSWORD)
    wim.get_by_label("Ik ben 16 jaar of ouder").check()
    wim.get_by_role("button", name="Doe mee").click()
    heading(wim, "Hallo Wim")
    wim.goto("/account/users/")
    expect(wim.get_by_role("button", name="Verstuur de uitnodiging")).to_have_count(0)

    main.goto("/account/users/")
    main.get_by_role("link", name="Maak Wim Smid hoofdgebruiker").click()
    heading(main, "Wim Smid hoofdgebruiker maken?")
    looks_well(main)
    main.get_by_role("button", name="Overdragen").click()
    expect(main.get_by_role("status")).to_contain_text("Wim Smid is nu de hoofdgebruiker.")
    assert mail.outbox.pop().to == ["wim@bedrijf.example"]

    wim.goto("/account/users/")
    wim.get_by_role("link", name="Verwijder Sanne de Vries").click()
    heading(wim, "Sanne de Vries verwijderen?")
    wim.get_by_role("button", name="Definitief verwijderen").click()
    expect(wim.get_by_role("status")).to_contain_text("Sanne de Vries kan niet meer inloggen.")
    main.reload()
    heading(main, "Inloggen")
    assert [user.full_name for user in User.objects.filter(account=account)] == ["Wim Smid"]
    assert browser.complaints == []
