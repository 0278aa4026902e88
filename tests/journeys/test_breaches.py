"""A breach in a real browser: the holder reads of it and acknowledges it; and reports one, which staff judge (§13)."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pypdf
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from accounts.states import State
from tests import breached
from tests.factories import AccountFactory, StaffFactory
from tests.journeys.conftest import DESKTOP, PHONE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("13")]
BOTH = pytest.mark.parametrize(
    ("language", "viewport"), [("nl", PHONE), ("en", DESKTOP), ("nl", DESKTOP), ("en", PHONE)]
)


def clean(page) -> None:
    assert Axe().run(page).response["violations"] == []


@BOTH
def test_the_banner_leads_to_the_breach_and_goes_and_the_files_say_the_same(browsers, tmp_path, language, viewport):
    dutch = language == "nl"
    account = AccountFactory(state=State.ACTIVE, main_user__language=language)
    row = breached.told(account, at=timezone.now() - timedelta(hours=5))
    page = browsers(language, viewport, account.main_user)
    page.goto("/")
    expect(
        page.get_by_text("Een inbreuk raakt je gegevens." if dutch else "A breach touches your data.")
    ).to_be_visible()
    clean(page)
    page.get_by_role("link", name="Lees over de inbreuk" if dutch else "Read about the breach").click()
    expect(page.get_by_role("heading", level=1, name=row.title_nl if dutch else row.title_en)).to_be_visible()
    expect(page.get_by_text("Nog 68 uur" if dutch else "68 hours left").first).to_be_visible()
    clean(page)

    page.get_by_text("Hier bekijken en kopiëren" if dutch else "See it and copy it here").click()
    text = page.get_by_label("Alles als tekst" if dutch else "All of it as text").input_value()
    clean(page)
    files = {}
    for kind in ("PDF", "JSON"):
        with page.expect_download() as begun:
            page.get_by_role("link", name=f"Download als {kind}" if dutch else f"Download as {kind}").click()
        files[kind] = tmp_path / begun.value.suggested_filename
        begun.value.save_as(files[kind])
    same(files["JSON"], files["PDF"], text)

    page.get_by_role("button", name="Ik heb dit gelezen" if dutch else "I have read this").click()
    expect(
        page.get_by_text("Genoteerd: je hebt dit gelezen." if dutch else "Noted: you have read this.")
    ).to_be_visible()
    clean(page)
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.locator("aside.banner.note-bad").count() == 0
    assert page.get_by_role("link", name="Lees over een inbreuk" if dutch else "Read about a breach").count() == 0
    assert browsers.complaints == []


def bare(text: str) -> str:
    """Without blanks and hyphens, which differ where a line of the PDF ends."""
    return "".join(text.replace("\u200b", "").split()).replace("-", "")


def same(json_file: Path, pdf_file: Path, text: str) -> None:
    """Each answer of the JSON stands in the PDF and in the text."""
    made = json.loads(json_file.read_text())
    drawn = bare("".join(sheet.extract_text() for sheet in pypdf.PdfReader(pdf_file).pages))
    answers = [question["text"] for section in made["sections"] for question in section["questions"]]
    assert sum(map(bool, answers)) > 15
    assert [answer for answer in answers if bare(answer) not in drawn] == []
    assert [answer for answer in answers if answer not in text] == []


@BOTH
def test_a_holder_reports_staff_judge_and_the_holder_reads_the_answer(
    browsers, post_at_once, mailoutbox, language, viewport
):
    dutch = language == "nl"
    account = AccountFactory(state=State.LAPSED, signed_up_on=timezone.localdate() - timedelta(days=60))
    clerk = StaffFactory(language=language, email="ans@cannonworks.example")
    page = browsers(language, viewport, account.main_user)
    page.goto("/my-data/")
    page.get_by_role("link", name="Een inbreuk melden" if dutch else "Report a breach").last.click()
    clean(page)
    page.get_by_label("Wat is er gebeurd?" if dutch else "What happened?").fill("Laptop weg uit de bus. " * 200)
    page.locator("[name=done]").fill("Wachtwoord gewijzigd")
    page.get_by_role("button", name="Melden" if dutch else "Report it").click()
    expect(page.get_by_text("Kies wat het beste past" if dutch else "Choose what fits best")).to_be_visible()
    expect(page.locator("[name=what]")).to_have_value("Laptop weg uit de bus. " * 200)
    clean(page)
    page.locator("[name=what]").fill("Laptop weg uit de bus.")
    page.locator("[name=kind][value=leak]").check()
    page.locator("[name=noticed_at]").fill((timezone.localtime() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"))
    page.get_by_role("button", name="Melden" if dutch else "Report it").click()
    expect(page.get_by_text("Onze mensen weten het nu" if dutch else "Our people know of it now")).to_be_visible()
    expect(page.get_by_text("We kijken ernaar" if dutch else "We look at it")).to_be_visible()
    clean(page)
    assert [mail.to for mail in mailoutbox] == [[clerk.email]]

    staff = browsers(language, DESKTOP, clerk)
    staff.goto("/admin/breaches/breachreport/")
    staff.get_by_role("link", name=str(account.breach_reports.get())).first.click()
    expect(staff.get_by_text("Wachtwoord gewijzigd")).to_be_visible()
    staff.locator("a[href*='/judge']").click()
    staff.locator("[name=answer]").fill("De laptop was versleuteld.")
    staff.get_by_role("button", name="Beoordelen" if dutch else "Judge", exact=True).click()
    expect(staff.get_by_text("De melding is beoordeeld" if dutch else "The report is judged")).to_be_visible()
    assert mailoutbox[-1].to == [account.main_user.email]

    page.reload()
    expect(page.get_by_text("De laptop was versleuteld.")).to_be_visible()
    clean(page)


def test_staff_enter_what_came_by_phone(browsers, post_at_once):
    account = AccountFactory(state=State.ACTIVE)
    staff = browsers("nl", DESKTOP, StaffFactory())
    staff.goto("/admin/breaches/breachreport/add/")
    staff.locator("[name=account]").fill(account.company.kvk_number)
    staff.locator("[name=kind][value=leak]").check()
    staff.locator("[name=noticed_at]").fill((timezone.localtime() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"))
    staff.locator("[name=what]").fill("Brief met facturen verkeerd bezorgd.")
    staff.get_by_role("button", name="Invoeren").click()
    expect(staff.get_by_text("De melding is ingevoerd. Beoordeel hem nu.")).to_be_visible()
    expect(staff.get_by_text("Brief met facturen verkeerd bezorgd.")).to_be_visible()
