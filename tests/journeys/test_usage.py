"""A holder refuses statistics in a real browser: nothing is counted, the chart says so, and it can be turned on again."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from accounts.cookies import COOKIES
from accounts.models import UsageEvent, User
from accounts.states import State
from accounts.usage import recorder
from tests.factories import PASSWORD, AccountFactory
from tests.journeys.test_holder import looks_well

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = {
    "nl": {
        "password": "Wachtwoord", "sign in": "Inloggen", "no": "Nee, tel mij niet mee", "data": "Mijn gegevens",
        "usage": "Gebruik", "refused": "Je wilt geen statistieken.", "on": "Zet statistieken aan", "done": "We tellen mee.",
        "clicks": "Kliks", "table": "Toon als tabel", "what if": "Wat als…", "cookies": "Cookies", "fields": "Welke gegevens",
    },
    "en": {
        "password": "Password", "sign in": "Sign in", "no": "No, do not count me", "data": "My data",
        "usage": "Usage", "refused": "You refused statistics.", "on": "Turn statistics on", "done": "We count along.",
        "clicks": "Clicks", "table": "Show as a table", "what if": "What if…", "cookies": "Cookies", "fields": "Which data",
    },
}  # fmt: skip


@pytest.mark.clause("16")
@pytest.mark.clause("17")
@pytest.mark.clause("20")
@pytest.mark.parametrize(
    ("language", "width", "scheme", "scripts"),
    [("nl", 390, "light", True), ("en", 1280, "dark", True), ("nl", 1280, "light", False)],
)
def test_who_refuses_is_not_counted_and_can_change_their_mind(chromium, live_server, language, width, scheme, scripts):
    words = WORDS[language]
    account = AccountFactory(state=State.ACTIVE, main_user__language=language)
    context = chromium.new_context(
        locale=language, viewport={"width": width, "height": 844}, color_scheme=scheme, base_url=live_server.url,
        java_script_enabled=scripts,
    )  # fmt: skip
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text))

    def well() -> None:
        if scripts:
            looks_well(page)

    page.goto("/sign-in/")
    well()
    page.get_by_role("button", name=words["no"]).click()
    expect(page.locator(".bar")).to_have_count(0)
    assert page.url == f"{live_server.url}/sign-in/"
    page.get_by_label("E-mail").fill(account.main_user.email)
    page.get_by_label(words["password"]).fill(PASSWORD)
    page.get_by_role("button", name=words["sign in"], exact=True).click()
    page.get_by_role("link", name=words["data"]).first.click()
    expect(page.get_by_role("heading", name=words["what if"])).to_be_visible()
    if scripts:
        page.get_by_text(words["fields"]).first.click()
    well()
    page.get_by_role("link", name=words["usage"], exact=True).click()
    expect(page.locator(".note-warn")).to_contain_text(words["refused"])
    well()
    recorder.flush()
    assert not UsageEvent.objects.exists()
    assert User.objects.get(account=account).analytics is False
    assert {cookie["name"] for cookie in context.cookies()} <= {cookie.name for cookie in COOKIES} - {"analytics"}

    page.get_by_role("button", name=words["on"]).click()
    expect(page.locator(".note-success")).to_contain_text(words["done"])
    expect(page.locator(".note-warn")).to_have_count(0)
    page.reload()
    recorder.flush()
    page.reload()
    assert UsageEvent.objects.count() == 3  # the answer, the page after it, and the page once more
    number = page.locator("section", has=page.get_by_role("heading", name=words["clicks"], exact=True)).locator(".lead")
    expect(number).to_have_text("3")
    page.get_by_text(words["table"]).first.click()
    expect(page.locator("table.plain").first).to_be_visible()
    well()
    assert "analytics" in {cookie["name"] for cookie in context.cookies()}
    page.get_by_role("link", name=words["cookies"], exact=True).click()
    well()
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.get_by_role("button", name=words["no"]).click()
    page.wait_for_load_state()
    assert "analytics" not in {cookie["name"] for cookie in context.cookies()}
    well()
    assert said == []
    context.close()
