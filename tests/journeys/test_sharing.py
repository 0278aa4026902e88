"""In a real browser: activating an account and its invoice, cancelling and coming back; sharing a document by link."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Account, User
from accounts.states import State
from finance.models import ShareLink, SubscriptionInvoice
from tests.factories import PASSWORD, AccountFactory
from tests.journeys.test_holder import looks_well
from tests.lives import issue

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = {
    "nl": {
        "sign in": "Inloggen", "password": "Wachtwoord", "activate": "Activeer je account", "start": "Activeer mijn account",
        "active": "Je account is actief.", "invoices": "Onze facturen aan jou", "open": "nog € 18,15 te betalen",
        "cancel": "Zeg je account op", "company": "Typ de naam van je bedrijf", "really": "Zeg mijn account op",
        "cancelled": "Je account is opgezegd.", "reactivate": "Heractiveer je account", "back": "Heractiveer mijn account",
        "nothing": "Nu niets", "welcome": "Welkom terug.", "link": "Link maken", "copy": "Adres kopiëren",
        "copied": "Gekopieerd", "invoice": "Factuur 2026-0001", "document": "Terug naar het document", "once": "1 keer geopend",
        "revoke": "Intrekken", "gone": "Deze link werkt niet", "pdf": "PDF openen", "timeline": "Wat we bewaren",
    },
    "en": {
        "sign in": "Sign in", "password": "Password", "activate": "Activate your account", "start": "Activate my account",
        "active": "Your account is active.", "invoices": "Our invoices to you", "open": "€ 18.15 to be paid",
        "cancel": "Cancel your account", "company": "Type the name of your company", "really": "Cancel my account",
        "cancelled": "Your account is cancelled.", "reactivate": "Reactivate your account", "back": "Reactivate my account",
        "nothing": "Nothing now", "welcome": "Welcome back.", "link": "Make a link", "copy": "Copy the address",
        "copied": "Copied", "invoice": "Invoice 2026-0001", "document": "Back to the document", "once": "opened once",
        "revoke": "Revoke", "gone": "This link does not work", "pdf": "Open the PDF", "timeline": "What is kept",
    },
}  # fmt: skip
SCREENS = [("nl", 390, "light"), ("nl", 1280, "dark"), ("en", 1280, "light"), ("en", 390, "dark")]


@pytest.fixture
def opened(chromium, live_server):
    """``opened(user, language, width, scheme)``: a browser in which the user is signed in, at the overview."""
    contexts = []

    def open_(user, language, width, scheme):
        User.objects.filter(pk=user.pk).update(language=language)
        context = chromium.new_context(
            locale=language, viewport={"width": width, "height": 844}, color_scheme=scheme, bypass_csp=True
        )
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda m: page.complaints.append(m.text) if m.type == "error" else None)
        page.goto(live_server.url)
        page.get_by_label("E-mail").fill(user.email)
        page.get_by_label(WORDS[language]["password"]).fill(PASSWORD)
        page.get_by_role("button", name=WORDS[language]["sign in"], exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Sanne")
        return page

    yield open_
    for context in contexts:
        context.close()


@pytest.mark.clause("2")
@pytest.mark.clause("5.4")
@pytest.mark.parametrize(("language", "width", "scheme"), SCREENS)
def test_a_trial_is_activated_and_charged_cancelled_and_comes_back(opened, live_server, language, width, scheme):
    words = WORDS[language]
    account = AccountFactory(signed_up_on=timezone.localdate() - timedelta(days=10))
    page = opened(account.main_user, language, width, scheme)
    main = page.get_by_role("main")

    page.goto(f"{live_server.url}/account/")
    looks_well(page)
    main.get_by_role("link", name=words["activate"]).click()
    looks_well(page)
    page.get_by_role("button", name=words["start"]).click()
    expect(page.get_by_role("status")).to_contain_text(words["active"])

    page.goto(f"{live_server.url}/account/")
    main.get_by_role("link", name=words["invoices"]).click()
    expect(page.get_by_role("row").last).to_contain_text(words["open"])
    looks_well(page)
    number = SubscriptionInvoice.objects.get(account=account).number
    address = main.get_by_role("link", name=f"PDF {'van' if language == 'nl' else 'of'} {number}").get_attribute("href")
    assert page.request.get(live_server.url + address).body()[:4] == b"%PDF"

    page.goto(f"{live_server.url}/account/")
    main.get_by_role("link", name=words["cancel"]).click()
    looks_well(page)
    page.get_by_label(words["company"]).fill(account.company.company_name)
    page.get_by_role("button", name=words["really"]).click()
    expect(page.get_by_role("status")).to_contain_text(words["cancelled"])
    expect(page.get_by_role("heading", name=words["timeline"])).to_be_visible()
    assert page.locator(".timeline .ceiling").first.is_visible()

    page.goto(f"{live_server.url}/account/")
    expect(main).to_contain_text(str(timezone.localdate().year + 2))
    looks_well(page)
    main.get_by_role("link", name=words["reactivate"]).click()
    expect(main).to_contain_text(words["nothing"])
    looks_well(page)
    page.get_by_role("button", name=words["back"]).click()
    expect(page.get_by_role("status")).to_contain_text(words["welcome"])
    assert Account.objects.get(pk=account.pk).state == State.ACTIVE
    assert SubscriptionInvoice.objects.filter(account=account).count() == 1
    assert page.complaints == []


@pytest.mark.clause("3")
@pytest.mark.parametrize(("language", "width", "scheme"), SCREENS[::3])
def test_a_document_is_shared_read_and_taken_back(opened, chromium, live_server, settings, language, width, scheme):
    settings.SITE_URL = live_server.url
    words = WORDS[language]
    account = AccountFactory(state=State.ACTIVE)
    document = issue(account, on=timezone.localdate().replace(year=2026))
    page = opened(account.main_user, language, width, scheme)
    place = f"{live_server.url}/documents/{document.reference}/"

    page.goto(place)
    looks_well(page)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name=words["link"]).click()
    looks_well(page)
    page.get_by_role("button", name=words["copy"]).click()
    expect(page.get_by_role("button", name=words["copied"])).to_be_visible()
    address = page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(rf"{live_server.url}/d/[\w-]{{43}}/", address)

    stranger = chromium.new_context(
        locale=language, viewport={"width": width, "height": 844}, color_scheme=scheme, bypass_csp=True
    )
    visit = stranger.new_page()
    visit.goto(address)
    expect(visit.get_by_role("heading", level=1)).to_have_text(words["invoice"])
    looks_well(visit)
    pdf = visit.get_by_role("link", name=words["pdf"]).get_attribute("href")
    assert stranger.request.head(live_server.url + pdf).ok

    page.get_by_role("link", name=words["document"]).click()
    expect(page.get_by_role("main")).to_contain_text(words["once"])
    looks_well(page)
    page.get_by_role("button", name=words["revoke"]).click()
    expect(page.get_by_role("button", name=words["revoke"])).to_have_count(0)
    visit.reload()
    expect(visit.get_by_role("heading", level=1)).to_have_text(words["gone"])
    looks_well(visit)
    page.goto(f"{live_server.url}/documents/links/")
    looks_well(page)
    assert ShareLink.objects.defer("digest").get().revoked_at is not None
    stranger.close()
    assert page.complaints == []
