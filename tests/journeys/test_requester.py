"""Somebody asks something about their own data, in a real browser: from the question to a check (§15)."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Account, PlannedMail
from accounts.states import State
from cannonworks import isolation
from rights.models import SubjectRequest
from rights.telling import tell_requester
from tests.factories import AccountFactory
from tests.journeys.conftest import DESKTOP, PHONE
from tests.journeys.test_holder import looks_well

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("15")]
WORDS = {
    "nl": {
        "foot": "Je rechten", "email": "Je e-mailadres", "mail me": "Mail mij de link", "look": "Kijk in je mail",
        "what": "Wat wil je met je gegevens?", "change": "Iets laten wijzigen", "send": "Verstuur mijn verzoek",
        "name": "Je naam", "company": "Welk bedrijf bewaart je gegevens?", "exactly": "Wat precies?",
        "missing": "Vertel wat er moet veranderen", "yours": "Je verzoek", "now": "Ontvangen",
        "passed on": "Doorgegeven aan het bedrijf", "how": "Hoe we die dag hebben berekend", "rule": "Regel: 5 werkdagen",
        "check": "Laat het ons controleren", "checking": "Controle door ons", "back": "Verzoek intrekken",
        "take": "Trek het in", "taken": "Door jou ingetrokken",
    },
    "en": {
        "foot": "Your rights", "email": "Your e-mail", "mail me": "Mail me the link", "look": "Look in your mail",
        "what": "What do you want with your data?", "change": "Have something changed", "send": "Send my request",
        "name": "Your name", "company": "Which company keeps your data?", "exactly": "What exactly?",
        "missing": "Tell what has to change", "yours": "Your request", "now": "Received",
        "passed on": "Passed on to the company", "how": "How that day was counted", "rule": "Rule: 5 working days",
        "check": "Have us check it", "checking": "A check by us", "back": "Take the request back",
        "take": "Take it back", "taken": "Taken back by you",
    },
}  # fmt: skip


def link() -> str:
    """The path in the last mail."""
    return urlsplit(re.search(r"https?://\S+/request/\S+", mail.outbox.pop().body)[0]).path


def passed_on(account: Account | None, *, days_ago: int) -> None:
    """What staff do, some days ago: with an account that they found, or with none."""
    at = timezone.now() - timedelta(days=days_ago)
    with isolation.acting_as(isolation.JOBS):
        row = SubjectRequest.objects.get()
        row.account, row.state = account, "told" if account else "unmatched"
        row.told_at, row.due_at = (at, at + timedelta(days=7)) if account else (None, None)
        row.save()
        tell_requester(row, "passed_on", at=at)


@pytest.mark.usefixtures("post_at_once")
@pytest.mark.parametrize(
    ("language", "viewport", "is_found", "scripts"),
    [("nl", PHONE, True, True), ("en", DESKTOP, False, True), ("nl", PHONE, False, False)],
    ids=["nl-phone-found", "en-desktop-nobody", "nl-phone-without-scripts"],
)
def test_a_requester_asks_follows_it_and_has_it_checked(browsers, language, viewport, is_found, scripts):
    said = WORDS[language]
    page = browsers(language, viewport, java_script_enabled=scripts)
    heading = page.get_by_role("heading", level=1)
    current = page.locator('.stages [aria-current="step"]')
    page.goto("/sign-in/")
    page.get_by_role("link", name=said["foot"]).click()
    if scripts:
        looks_well(page)
    page.get_by_label(said["email"]).fill("bram@thuis.example")
    page.get_by_role("button", name=said["mail me"]).click()
    expect(heading).to_have_text(said["look"])

    page.goto(link())
    expect(heading).to_have_text(said["what"])
    page.get_by_label(said["change"]).check()
    page.get_by_label(said["name"]).fill("Bram Smit")
    page.get_by_label(said["company"]).fill("Timmerbedrijf de Vries")
    page.get_by_role("button", name=said["send"]).click()
    expect(page.get_by_text(said["missing"])).to_be_visible()
    if scripts:
        looks_well(page)
    expect(page.get_by_label(said["change"])).to_be_checked()
    page.get_by_label(said["exactly"]).fill("Ik woon nu aan de Brink 1 in Assen.")
    page.get_by_role("button", name=said["send"]).click()
    expect(heading).to_have_text(said["yours"])
    expect(current).to_contain_text(said["now"])
    if scripts:
        looks_well(page)

    passed_on(AccountFactory(state=State.ACTIVE) if is_found else None, days_ago=0)
    page.goto(link())
    expect(current).to_contain_text(said["passed on"])
    page.get_by_text(said["how"]).click()
    expect(page.get_by_text(said["rule"])).to_be_visible()
    expect(page.get_by_role("button", name=said["check"])).to_have_count(0)

    with isolation.acting_as(isolation.JOBS):
        SubjectRequest.objects.update(received_at=timezone.now() - timedelta(days=30))
        PlannedMail.objects.update(planned_at=timezone.now() - timedelta(days=30))
    page.reload()
    page.get_by_role("button", name=said["check"]).click()
    expect(current).to_contain_text(said["checking"])
    expect(page.get_by_role("button", name=said["check"])).to_have_count(0)

    page.get_by_text(said["back"]).click()
    page.get_by_role("button", name=said["take"]).click()
    expect(page.locator(".stages")).to_contain_text(said["taken"])
    if scripts:
        looks_well(page)
    assert browsers.complaints == []
