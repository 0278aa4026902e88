"""A holder lets a device sign in and signs it out again, in a real browser. In both languages."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from rest_framework.test import APIClient

from accounts.models import DeviceToken
from accounts.states import State
from tests.callers import API
from tests.factories import PASSWORD, AccountFactory
from tests.journeys.test_holder import looks_well

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = {
    "nl": (
        "Wachtwoord",
        "Inloggen",
        "Account",
        "Apparaten",
        "Naam van het apparaat",
        "Maak een token",
        "Log “Werkplaats” uit",
    ),
    "en": (
        "Password",
        "Sign in",
        "Account",
        "Devices",
        "Name of the device",
        "Make a token",
        "Sign out “Werkplaats”",
    ),
}


@pytest.mark.clause("1")
@pytest.mark.parametrize(("language", "width", "scheme"), [("nl", 390, "dark"), ("en", 1280, "light")])
def test_a_device_signs_in_and_is_signed_out(chromium, live_server, language, width, scheme):
    password, sign_in, security, devices, name, make, sign_out = WORDS[language]
    account = AccountFactory(state=State.ACTIVE, main_user__language=language)
    context = chromium.new_context(
        locale=language, viewport={"width": width, "height": 844}, color_scheme=scheme, base_url=live_server.url
    )
    page = context.new_page()
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.goto("/sign-in/")
    page.get_by_label("E-mail").fill(account.main_user.email)
    page.get_by_label(password).fill(PASSWORD)
    page.get_by_role("button", name=sign_in, exact=True).click()
    page.get_by_role("link", name=security, exact=True).click()
    page.get_by_role("link", name=devices, exact=True).click()
    expect(page.locator(".nav").get_by_role("link", name=security, exact=True)).to_have_attribute(
        "aria-current", "true"
    )
    page.get_by_label(name).fill("Werkplaats")
    page.get_by_role("button", name=make).click()
    token = page.locator("code.token").inner_text()
    looks_well(page)
    app = APIClient(headers={"authorization": f"Bearer {token}"})
    assert app.get(f"{API}/account/").status_code == 200
    page.goto("/devices/")
    expect(page.locator("code.token")).to_have_count(0)
    looks_well(page)
    page.get_by_role("button", name=sign_out).click()
    expect(page.locator(".note-success")).to_contain_text("Werkplaats")
    looks_well(page)
    assert not DeviceToken.objects.exists()
    assert app.get(f"{API}/account/").status_code == 401
    assert said == []
    context.close()
