"""The board of deadlines in a real browser: found, filtered, explained, and followed in a calendar."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Account
from accounts.states import State
from retention.models import Alarm, AlarmKind
from tests import breached
from tests.asked import subject_request
from tests.cast import member
from tests.factories import AccountFactory
from tests.journeys.conftest import DESKTOP, PHONE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("Time")]
DAY = timedelta(days=1)


@pytest.fixture
def account() -> Account:
    """With clocks of every urgency, and a breach of three accounts."""
    now = timezone.now()
    account = AccountFactory(state=State.ACTIVE, company__company_name="Timmerbedrijf De Vries")
    subject_request(account, state="told", at=now - 30 * DAY)
    subject_request(account, state="told", at=now)
    for hours in (2, 13, 19, 22):
        Alarm.objects.create(kind=AlarmKind.PARKED, about=f"{hours}", raised_at=now - timedelta(hours=hours))
    breached.affected(breached.breach(at=now - DAY), account, AccountFactory(), AccountFactory())
    return account


def seen(page, name: str) -> None:
    """Nothing that axe finds serious, nothing wider than the screen."""
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}).response["violations"]
    mine = [each for each in found if each["impact"] in ("serious", "critical")]
    assert [(each["id"], each["nodes"][0]["html"][:300]) for each in mine] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize(
    ("language", "scheme", "words"),
    [
        ("nl", "light", ("Termijnen", "Soort", "Tonen", "Uitleg", "Telt niet mee", "te laat")),
        ("en", "dark", ("Deadlines", "Kind", "Show", "Explain", "Not counted", "too late")),
    ],
)
def test_staff_find_filter_and_understand_a_deadline(browsers, account, viewport, language, scheme, words):
    title, kind, show, explain, skipped, late = words
    officer = member("Privacy officer", language=language)
    page = browsers(language, viewport, officer, color_scheme=scheme)
    name = f"{language}-{viewport['width']}-{scheme}"
    page.goto("/admin/")
    seen(page, f"start-{name}")
    page.goto("/admin/deadlines/")
    expect(page.get_by_role("heading", name=title).first).to_be_visible()
    expect(page.get_by_text(late).first).to_be_visible()
    expect(page.get_by_text("3 accounts")).to_be_visible()
    seen(page, f"board-{name}")
    page.get_by_label(kind).select_option("request_holder")
    page.get_by_role("button", name=show).click()
    expect(page.get_by_text("3 accounts")).to_have_count(0)
    expect(page.get_by_role("link", name="Timmerbedrijf De Vries")).to_have_count(2)
    page.get_by_text(explain).first.click()
    expect(page.get_by_text(skipped).first).to_be_visible()
    seen(page, f"explained-{name}")


@pytest.mark.clause("7")
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_member_of_staff_makes_an_address_for_the_calendar_and_revokes_it(browsers, account, viewport):
    page = browsers("nl", viewport, member("Privacy officer"))
    page.goto("/admin/deadlines/")
    page.get_by_role("link", name="In je agenda").click()
    seen(page, f"calendar-{viewport['width']}")
    page.get_by_role("button", name="Adres maken").click()
    address = page.locator("#address").inner_text()
    seen(page, f"address-{viewport['width']}")
    place = "/" + address.split("/", 3)[3]
    visitor = browsers("nl", viewport)
    assert "BEGIN:VEVENT" in visitor.request.get(place).text()
    page.get_by_role("button", name="Adres intrekken").click()
    expect(page.get_by_text("Het adres werkt niet meer.")).to_be_visible()
    assert visitor.request.get(place).status == 404
