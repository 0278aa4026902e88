"""Signing in, in a real browser: right and wrong, locked, by mail, with a second factor, a passkey, from two places."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core import mail
from playwright.sync_api import expect

from accounts.models import Session
from accounts.states import State
from cannonworks.celery import app
from tests.factories import PASSWORD, AccountFactory, StaffFactory
from tests.quality import accessible
from tests.signin import totp

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("7")]


@pytest.fixture
def holder(db):
    return AccountFactory(state=State.ACTIVE).main_user


@pytest.fixture
def browser(chromium, live_server):
    """Open a page in a browser of its own; what the browser complained of is in ``complaints``."""
    contexts, complaints = [], []

    def new(**options):
        context = chromium.new_context(
            **{"locale": "nl-NL", "base_url": live_server.url, "viewport": {"width": 390, "height": 844}, **options}
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    new.complaints = complaints
    yield new
    for context in contexts:
        context.close()


@pytest.fixture
def _post_at_once():
    """The worker's task runs where it is queued: there is no worker beside this test."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


def sign_in(page, email, password=PASSWORD):
    page.goto("/sign-in/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Wachtwoord").fill(password)
    send(page)


def send(page):
    page.get_by_role("button", name="Inloggen", exact=True).click()


def heading(page, text):
    expect(page.get_by_role("heading", level=1)).to_have_text(text)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def looks_well(page):
    """Nothing serious for axe, which is a script of another host to the page: so in a browser without a policy."""
    assert accessible(page) == []


def test_a_wrong_password_is_told_and_too_many_lock_the_door_for_known_and_unknown_alike(browser, holder):
    for email in (holder.email, "nobody@example.com"):
        page = browser()
        for _try in range(4):
            sign_in(page, email, "wrong-wrong-wrong")
            expect(page.get_by_role("alert").first).to_contain_text("horen niet bij elkaar")
        sign_in(page, email, "wrong-wrong-wrong")
        heading(page, "Even op slot")
        expect(page.get_by_role("main")).to_contain_text(re.compile(r"Om \d\d:\d\d kun je het weer proberen"))
        sign_in(page, email)
        heading(page, "Even op slot")
    assert not Session.objects.filter(user=holder, signed_in_at__isnull=False).exists()


@pytest.mark.usefixtures("_post_at_once")
def test_a_new_password_comes_by_mail_opens_the_lock_and_ends_what_was_open(browser, holder):
    elsewhere, page = browser(), browser()
    sign_in(elsewhere, holder.email)
    heading(elsewhere, "Hallo Sanne")
    for _try in range(4):
        sign_in(page, holder.email, "wrong-wrong-wrong")
        expect(page.get_by_role("alert").first).to_contain_text("horen niet bij elkaar")
    sign_in(page, holder.email, "wrong-wrong-wrong")
    heading(page, "Even op slot")
    page.get_by_role("link", name="Kies een nieuw wachtwoord").click()
    page.get_by_label("E-mail").fill(holder.email)
    page.get_by_role("button", name="Stuur me de link").click()
    heading(page, "Kijk in je mail")
    link = urlsplit(re.search(r"https?://\S+", mail.outbox[0].body)[0])
    assert (mail.outbox[0].to, mail.outbox[0].subject) == ([holder.email], "Kies een nieuw wachtwoord bij CannonWorks")
    assert holder.email not in link.geturl()
    page.goto(link.path)
    page.get_by_label("Nieuw wachtwoord", exact=True).fill("zaag-beitel-vijl")
    page.get_by_label("Nieuw wachtwoord, nog een keer").fill("zaag-beitel-vijl")
    page.get_by_role("button", name="Stel dit wachtwoord in").click()
    heading(page, "Je wachtwoord is nieuw")
    elsewhere.reload()
    heading(elsewhere, "Inloggen")
    sign_in(page, holder.email, "zaag-beitel-vijl")
    heading(page, "Hallo Sanne")
    page.goto(link.path)
    heading(page, "Deze link werkt niet meer")


def test_an_authenticator_app_is_set_up_used_and_replaced_by_a_recovery_code(browser, holder):
    page = browser(bypass_csp=True)
    sign_in(page, holder.email)
    page.get_by_role("link", name="Account", exact=True).click()
    page.get_by_role("link", name="Veiligheid", exact=True).click()
    heading(page, "Veiligheid")
    looks_well(page)
    page.get_by_role("link", name="App instellen").click()
    expect(page.get_by_role("img", name="QR-code voor je authenticator-app")).to_be_visible()
    looks_well(page)
    page.get_by_text("Lukt scannen niet?").click()
    secret = page.locator(".code-small").inner_text()
    page.get_by_label("Code", exact=True).fill(totp(secret))
    page.get_by_role("button", name="Zet aan").click()
    heading(page, "Herstelcodes")
    looks_well(page)
    code = page.locator(".codes code").first.inner_text()
    stored = Authenticator.objects.get(user=holder, type="totp").data["secret"]
    assert secret not in stored
    assert stored.startswith(settings.KEY_ENCRYPTION_KEYS.partition(":")[0])

    for answer in (totp(secret), code):
        other = browser(bypass_csp=True)
        sign_in(other, holder.email)
        heading(other, "De tweede stap")
        looks_well(other)
        other.get_by_label("Code").fill("000000")
        send(other)
        expect(other.locator(".errorlist")).to_have_text(
            "Deze code klopt niet. Neem de nieuwste en probeer het opnieuw."
        )
        other.get_by_label("Code").fill(answer)
        send(other)
        heading(other, "Hallo Sanne")
    other.goto("/security/")
    expect(other.get_by_role("main")).to_contain_text("Je hebt nog 9 codes")


def test_a_passkey_signs_in_without_a_password(browser, holder):
    page = browser()
    keys = page.context.new_cdp_session(page)
    keys.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    keys.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    sign_in(page, holder.email)
    heading(page, "Hallo Sanne")
    page.goto("/security/passkeys/add/")
    page.get_by_label("Naam van deze passkey").fill("Telefoon")
    page.get_by_role("button", name="Maak de passkey").click()
    heading(page, "Herstelcodes")
    page.locator(".menu summary").click()
    page.get_by_role("button", name="Uitloggen").click()
    heading(page, "Inloggen")
    page.get_by_role("button", name="Inloggen met een passkey").click()
    heading(page, "Hallo Sanne")
    page.goto("/security/")
    expect(page.get_by_role("main")).to_contain_text("Telefoon")
    assert browser.complaints == []

    stranger = browser()  # without any passkey
    sign_in(stranger, holder.email)
    heading(stranger, "De tweede stap")


def test_one_browser_ends_another(browser, holder):
    here, there = browser(), browser(user_agent="Mozilla/5.0 (iPhone) Version/17 Safari/604.1")
    for page in (here, there):
        sign_in(page, holder.email)
        heading(page, "Hallo Sanne")
    here.goto("/security/")
    row = here.get_by_role("listitem").filter(has_text="Safari, iPhone")
    expect(row).to_contain_text("127.0.0.1")
    row.get_by_role("button", name="Daar uitloggen").click()
    expect(here.get_by_role("status")).to_contain_text("Die browser is uitgelogd.")
    there.goto("/")
    heading(there, "Inloggen")
    here.goto("/")
    heading(here, "Hallo Sanne")


def test_staff_without_a_second_factor_are_led_to_set_one_up_and_go_nowhere_else(browser):
    person = StaffFactory(second_factor=False)
    page = browser(viewport={"width": 1280, "height": 860})
    sign_in(page, person.email)
    heading(page, "Veiligheid")
    for elsewhere in ("/admin/", "/admin/accounts/user/", "/security/email/"):
        page.goto(elsewhere)
        heading(page, "Veiligheid")
    page.get_by_role("link", name="App instellen").click()
    page.get_by_text("Lukt scannen niet?").click()
    page.get_by_label("Code", exact=True).fill(totp(page.locator(".code-small").inner_text()))
    page.get_by_role("button", name="Zet aan").click()
    heading(page, "Herstelcodes")
    page.goto("/admin/")
    page.wait_for_url("**/admin/")
    page.goto("/security/app/remove/")
    expect(page.get_by_role("alert")).to_contain_text("Je hebt een tweede factor nodig.")
