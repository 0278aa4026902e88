"""A holder in a real browser: sign in, look, cancel, see the timeline, come back. In both languages."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Account, User
from accounts.states import State
from tests.factories import PASSWORD, AccountFactory
from tests.quality import accessible

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = {
    "nl": {
        "sign in": "Inloggen",
        "password": "Wachtwoord",
        "hello": "Hallo Sanne",
        "cancel": "Zeg je account op",
        "company": "Typ de naam van je bedrijf",
        "really": "Zeg mijn account op",
        "cancelled": "Je account is opgezegd.",
        "reactivate": "Heractiveer je account",
        "back": "Heractiveer mijn account",
        "welcome": "Welkom terug.",
        "sign out": "Uitloggen",
        "timeline": "Tijdlijn per soort gegevens",
        "table": "Toon als tabel, met de redenen",
    },
    "en": {
        "sign in": "Sign in",
        "password": "Password",
        "hello": "Hello Sanne",
        "cancel": "Cancel your account",
        "company": "Type the name of your company",
        "really": "Cancel my account",
        "cancelled": "Your account is cancelled.",
        "reactivate": "Reactivate your account",
        "back": "Reactivate my account",
        "welcome": "Welcome back.",
        "sign out": "Sign out",
        "timeline": "Timeline of each kind of data",
        "table": "Show as a table, with the reasons",
    },
}


def looks_well(page):
    """Nothing serious for axe, nothing wider than the screen, no word of the menu over another."""
    assert accessible(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("[...document.querySelectorAll('.nav a')].every(a => a.scrollWidth <= a.clientWidth)")


@pytest.mark.clause("5.4")
@pytest.mark.parametrize(("language", "width", "scheme"), [("nl", 390, "light"), ("en", 1280, "dark")])
def test_a_holder_cancels_and_comes_back(chromium, live_server, language, width, scheme):
    today = timezone.localdate()
    account = AccountFactory(state=State.ACTIVE, signed_up_on=today - timedelta(days=400))
    User.objects.filter(account=account).update(language=language)
    words, name = WORDS[language], account.company.company_name
    # Axe itself is a script put into the page; the policy is checked by what the browser complains of before.
    context = chromium.new_context(
        locale=language, viewport={"width": width, "height": 844}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    complaints, strangers = [], []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("request", lambda r: strangers.append(r.url) if not r.url.startswith(live_server.url) else None)

    page.goto(live_server.url)
    looks_well(page)
    page.get_by_label("E-mail").fill(account.main_user.email.upper())
    page.get_by_label(words["password"]).fill(PASSWORD)
    page.get_by_role("button", name=words["sign in"], exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words["hello"])
    looks_well(page)

    page.locator(".nav").get_by_role("link", name="Account", exact=True).click()
    looks_well(page)
    page.get_by_role("main").get_by_role("link", name=words["cancel"]).click()
    looks_well(page)
    page.get_by_label(words["company"]).fill(name)
    page.get_by_role("button", name=words["really"]).click()
    expect(page.get_by_role("status")).to_contain_text(words["cancelled"])
    assert Account.objects.get(pk=account.pk).state == State.CANCELLED

    expect(page.get_by_role("img", name=re.compile(words["timeline"]))).to_be_visible()
    assert page.locator(".timeline .ceiling").first.is_visible()
    page.get_by_text(words["table"]).click()
    year = str(today.year + 2)
    expect(page.get_by_role("row").nth(1)).to_contain_text(year)
    looks_well(page)

    page.get_by_role("main").get_by_role("link", name=words["reactivate"]).click()
    looks_well(page)
    page.get_by_role("button", name=words["back"]).click()
    expect(page.get_by_role("status")).to_contain_text(words["welcome"])
    assert Account.objects.get(pk=account.pk).state == State.ACTIVE

    page.locator(".menu summary").click()
    page.get_by_role("button", name=words["sign out"]).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words["sign in"])
    assert (complaints, strangers) == ([], [])
    context.close()


def test_the_browser_refuses_nothing_of_our_pages(chromium, live_server):
    account = AccountFactory(state=State.CANCELLED, cancelled_on=timezone.localdate())
    context = chromium.new_context(locale="nl")
    page = context.new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{live_server.url}/sign-in/")
    page.get_by_label("E-mail").fill(account.main_user.email)
    page.get_by_label("Wachtwoord").fill(PASSWORD)
    page.get_by_role("button", name="Inloggen", exact=True).click()
    page.wait_for_url(lambda url: "sign-in" not in url)
    for path in ("/", "/erasure/", "/account/reactivate/", "/security/", "/security/app/", "/security/passkeys/add/"):
        page.goto(live_server.url + path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert (
            page.locator(".button").first.evaluate("e => getComputedStyle(e).borderRadius") == "8px"
        )  # the sheet is in
    context.close()
    assert complaints == []
