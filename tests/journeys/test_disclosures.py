"""Somebody asks us for data of a customer: entered, consented to, decided, made and downloaded, in a real browser (§8)."""

from __future__ import annotations

import json
import zipfile
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.states import State
from cannonworks import isolation
from processors import disclosing, disclosure_counts
from processors.models import Disclosure
from tests.cast import member
from tests.factories import PASSWORD, AccountFactory
from tests.journeys.conftest import DESKTOP, PHONE
from tests.quality import accessible
from tests.registers import PDF, ordered

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("8")]
ORDER = {"name": "bevel.pdf", "mimeType": "application/pdf", "buffer": PDF}
EMAIL, PHONE_NUMBER = "accounts.Company.email", "accounts.Company.phone"
WORDS = {
    "nl": {
        "enter": "Registreren", "entered": "Het verzoek is geregistreerd.", "ask": "Vragen", "asked": "De accounthouder is gevraagd.",
        "due": "Mogen we je gegevens aan Noorderpolis geven?", "yes": "Ik geef toestemming", "password": "Wachtwoord",
        "noted": "Je antwoord is genoteerd.", "decide": "Beslissen", "decided": "Het besluit is genoteerd.",
        "first": "Een tweede medewerker beslist", "make": "Bestand maken", "made": "Het bestand wordt gemaakt.",
        "download": "Downloaden", "note": "Noteren", "handed": "De overhandiging is genoteerd.",
        "list": "Gevraagd door anderen", "over": "Overhandigd", "counts": "Bekijk de aantallen per jaar",
        "title": "Wat anderen ons vroegen", "none": "Niemand heeft ons om je gegevens gevraagd",
    },
    "en": {
        "enter": "Register", "entered": "The request is registered.", "ask": "Ask", "asked": "The holder is asked.",
        "due": "May we give your data to Noorderpolis?", "yes": "I consent", "password": "Password",
        "noted": "Your answer is noted.", "decide": "Decide", "decided": "The decision is noted.",
        "first": "A second member of staff decides", "make": "Make the file", "made": "The file is being made.",
        "download": "Download", "note": "Note", "handed": "The handing over is noted.",
        "list": "Asked by others", "over": "Handed over", "counts": "See the numbers by year",
        "title": "What others asked of us", "none": "Nobody asked us for your data",
    },
}  # fmt: skip


@pytest.mark.parametrize(("language", "viewport"), [("nl", PHONE), ("en", DESKTOP)], ids=["phone", "desktop"])
def test_from_the_request_to_the_file(browsers, post_at_once, language, viewport):
    account, said = AccountFactory(state=State.ACTIVE, main_user__language=language), WORDS[language]
    officer, second = member("Privacy officer"), member("Privacy officer", first_name="Piet")
    staff = browsers(language, DESKTOP, officer)
    act = enter(staff, account.reference, said)
    staff.goto(f"{act}/ask/")
    staff.get_by_role("button", name=said["ask"], exact=True).click()
    expect(staff.get_by_text(said["asked"])).to_be_visible()

    holder = browsers(language, viewport, account.main_user, minutes_ago=30)
    consent(holder, said)

    staff.goto(f"{act}/decide/")
    decide(staff, said)
    expect(staff.get_by_text(said["first"])).to_be_visible()
    expect(staff.locator("[name=reason]")).to_have_value("Met toestemming")
    other = browsers(language, DESKTOP, second)
    other.goto(f"{act}/decide/")
    decide(other, said)
    expect(other.get_by_text(said["decided"])).to_be_visible()

    fetch(staff, act, said)
    holder.goto("/my-data/disclosures/")
    expect(holder.get_by_text(said["over"])).to_be_visible()
    holder.get_by_role("link", name="Noorderpolis").click()
    expect(holder.get_by_text("directeur")).to_be_visible()
    assert accessible(holder) == []


def enter(page: Page, account: object, said: dict[str, str]) -> str:
    """Register the request, which first lacks something; the address of its pages."""
    page.goto("/admin/processors/disclosure/add/")
    page.locator("[name=asker]").select_option("private")
    page.locator("[name=channel]").fill("mail")
    page.locator("[name=received_at]").fill(timezone.localtime().strftime("%Y-%m-%dT00:00"))
    page.locator("[name=account]").fill(str(account))
    for field, names in (("asked_fields", (EMAIL, PHONE_NUMBER)), ("given_fields", (EMAIL,))):
        boxes = [page.locator(f"[name={field}][value='{name}']") for name in names]
        page.locator("details", has=boxes[0]).locator("summary").click()
        for box in boxes:
            box.check()
    page.get_by_role("button", name=said["enter"], exact=True).click()
    expect(page.locator("[name=channel]")).to_have_value("mail")
    expect(page.locator(f"[name=given_fields][value='{EMAIL}']")).to_be_checked()
    page.locator("[name=office]").fill("Noorderpolis")
    assert accessible(page) == []
    page.get_by_role("button", name=said["enter"], exact=True).click()
    expect(page.get_by_text(said["entered"])).to_be_visible()
    return f"/admin/processors/disclosure/{Disclosure.objects.get().pk}"


def consent(page: Page, said: dict[str, str]) -> None:
    """Find the question on the overview, and answer it after a proof."""
    page.goto("/")
    page.get_by_role("link", name=said["due"]).click()
    expect(page.get_by_role("button", name=said["yes"])).to_be_visible()
    assert accessible(page) == []
    page.get_by_role("button", name=said["yes"]).click()
    page.get_by_label(said["password"], exact=True).fill(PASSWORD)
    page.get_by_label(said["password"], exact=True).press("Enter")
    expect(page.get_by_text(said["noted"])).to_be_visible()


def decide(page: Page, said: dict[str, str]) -> None:
    page.locator("[name=decision]").select_option("give")
    page.locator("[name=reason]").fill("Met toestemming")
    page.get_by_role("button", name=said["decide"], exact=True).click()


def fetch(page: Page, act: str, said: dict[str, str]) -> None:
    """Have the file made, download it, and note the handing over."""
    page.goto(f"{act}/make_file/")
    page.get_by_role("button", name=said["make"], exact=True).click()
    expect(page.get_by_text(said["made"])).to_be_visible()
    assert accessible(page) == []
    page.goto(f"{act}/download/")
    with page.expect_download() as taken:
        page.get_by_role("button", name=said["download"], exact=True).click()
    with zipfile.ZipFile(taken.value.path()) as archive:
        lines = archive.read("accounts-company.jsonl").decode().splitlines()
    assert [list(json.loads(line)) for line in lines] == [["email"]]
    page.goto(f"{act}/hand_over/")
    page.locator("[name=how]").fill("beveiligde mail")
    page.locator("[name=to]").fill("directeur")
    page.get_by_role("button", name=said["note"], exact=True).click()
    expect(page.get_by_text(said["handed"])).to_be_visible()


@pytest.mark.parametrize(("language", "viewport"), [("en", PHONE), ("nl", DESKTOP)], ids=["phone", "desktop"])
def test_a_holder_sees_nothing_of_a_secret_and_everybody_the_numbers(browsers, language, viewport):
    account, said = AccountFactory(state=State.ACTIVE, main_user__language=language), WORDS[language]
    officer, second = member("Privacy officer"), member("Privacy officer", first_name="Piet")
    secret(account.main_user, officer, second)
    page = browsers(language, viewport, account.main_user)
    page.goto("/my-data/disclosures/")
    expect(page.get_by_text(said["none"])).to_be_visible()
    assert accessible(page) == []
    page.get_by_role("link", name=said["counts"]).click()
    expect(page.get_by_role("heading", name=said["title"], level=1)).to_be_visible()
    expect(page.get_by_role("rowheader", name=str(timezone.localdate().year))).to_be_visible()
    assert accessible(page) == []


def secret(holder: User, officer: User, second: User) -> None:
    at = timezone.now()
    with isolation.acting_as(isolation.JOBS):
        row = ordered(holder.account, clerk=officer, at=at)
        until = timezone.localdate() + timedelta(days=9)
        disclosing.decide(
            row, actor=second, decision="give", reason="x", at=at, gag_basis="Sv art. 126bb", gag_until=until
        )
        disclosure_counts.count(on=timezone.localdate())
