"""Staff put a sub-processor to work and a holder objects to it, in a real browser (§9, §11)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.states import State
from cannonworks import isolation
from processors import announcing
from processors.models import Objection
from tests.cast import member
from tests.factories import AccountFactory
from tests.journeys.conftest import DESKTOP, PHONE
from tests.quality import accessible
from tests.registers import PDF

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("9"), pytest.mark.clause("11")]
SCAN = {"name": "contract.pdf", "mimeType": "application/pdf", "buffer": PDF}
WORDS = {
    "nl": {
        "title": "Wie er nog meer met je gegevens werkt", "headline": "Paper Plane gaat voor ons werken",
        "words": "Paper Plane bezorgt onze mail.", "object": "Bezwaar maken tegen deze wijziging",
        "send": "Bezwaar versturen", "missing": "Vertel ons waartegen je bezwaar hebt.", "sent": "We hebben je bezwaar.",
        "read": "Lees wat er verandert", "works": "Paper Plane werkt voor ons", "proof": "Bewijs downloaden",
    },
    "en": {
        "title": "Who else works with your data", "headline": "Paper Plane is going to work for us",
        "words": "Paper Plane delivers our mail.", "object": "Object to this change",
        "send": "Send the objection", "missing": "Tell us what you object to.", "sent": "We have your objection.",
        "read": "Read what changes", "works": "Paper Plane works for us", "proof": "Download the proof",
    },
}  # fmt: skip


@pytest.mark.parametrize(("language", "viewport"), [("nl", PHONE), ("en", DESKTOP)], ids=["phone", "desktop"])
def test_from_entering_one_to_its_first_day(browsers, post_at_once, language, viewport):
    account, said = AccountFactory(state=State.ACTIVE), WORDS[language]
    staff = browsers("nl", DESKTOP, member("Privacy officer"))

    staff.goto("/admin/processors/subprocessor/add/")
    staff.locator("[name=name]").fill("Paper Plane")
    staff.locator("[name=role]").select_option("mail")
    staff.locator("[name=country]").select_option("US")
    staff.locator("[name=categories][value=account]").check()
    staff.get_by_role("button", name="Invoeren").click()
    expect(staff.get_by_text("De subverwerker is ingevoerd.")).to_be_visible()
    staff.get_by_role("link", name="Paper Plane").first.click()
    expect(staff.get_by_text("Er is geen getekende verwerkersovereenkomst.")).to_be_visible()
    page = staff.url.partition("/change/")[0]

    staff.goto(f"{page}/agree/")
    staff.locator("[name=signed_on]").fill(timezone.localdate().isoformat())
    staff.locator("[name=file]").set_input_files(SCAN)
    staff.get_by_role("button", name="Vastleggen").click()
    expect(staff.get_by_text("De overeenkomst is vastgelegd.")).to_be_visible()
    staff.goto(f"{page}/protect/")
    staff.locator("[name=mechanism][value=clauses]").check()
    staff.locator("[name=file]").set_input_files(SCAN)
    staff.get_by_role("button", name="Vastleggen").click()
    expect(staff.get_by_text("De bescherming is vastgelegd.")).to_be_visible()
    expect(staff.get_by_text("In orde")).to_be_visible()

    staff.goto(f"{page}/begin/")
    first = staff.locator("[name=effective_on]").input_value()
    staff.locator("[name=effective_on]").fill((timezone.localdate() + timedelta(days=3)).isoformat())
    staff.locator("[name=words_nl]").fill(WORDS["nl"]["words"])
    staff.locator("[name=words_en]").fill(WORDS["en"]["words"])
    staff.get_by_role("button", name="Aan alle accounts aankondigen").click()
    expect(staff.get_by_text("Accounthouders horen het 30 dagen van tevoren")).to_be_visible()
    expect(staff.locator("[name=words_nl]")).to_have_value(WORDS["nl"]["words"])
    staff.locator("[name=effective_on]").fill(first)
    staff.get_by_role("button", name="Aan alle accounts aankondigen").click()
    expect(staff.get_by_text("Het is aangekondigd")).to_be_visible()

    holder = browsers(language, viewport, account.main_user)
    holder.goto("/")
    expect(holder.get_by_role("heading", name=said["headline"])).to_be_visible()
    holder.get_by_role("link", name=said["read"]).click()
    expect(holder.get_by_text(said["words"])).to_be_visible()
    assert accessible(holder) == []
    holder.get_by_role("link", name=said["object"]).click()
    holder.get_by_role("button", name=said["send"]).click()
    expect(holder.get_by_text(said["missing"], exact=True)).to_be_visible()
    holder.locator("[name=words]").fill("Liever niet naar Amerika.")
    assert accessible(holder) == []
    holder.get_by_role("button", name=said["send"]).click()
    expect(holder.get_by_text(said["sent"])).to_be_visible()
    expect(holder.get_by_text("Liever niet naar Amerika.")).to_be_visible()

    staff.goto("/admin/processors/objection/")
    expect(staff.get_by_text("Te beantwoorden").first).to_be_visible()
    staff.goto(f"/admin/processors/objection/{Objection.objects.get().pk}/answer/")
    expect(staff.get_by_text("Liever niet naar Amerika.")).to_be_visible()
    staff.locator("[name=words]").fill("Alleen je adres gaat mee.")
    staff.get_by_role("button", name="Antwoord versturen").click()
    expect(staff.get_by_text("Het bezwaar is beantwoord.")).to_be_visible()
    holder.reload()
    expect(holder.get_by_text("Alleen je adres gaat mee.")).to_be_visible()

    with isolation.acting_as(isolation.JOBS):
        assert announcing.take_effect_due(at=timezone.now() + timedelta(days=32)) == 1
    holder.goto("/sub-processors/")
    expect(holder.get_by_role("heading", name=said["title"])).to_be_visible()
    expect(holder.get_by_role("link", name=said["works"])).to_be_visible()
    with holder.expect_download() as taken:
        holder.get_by_role("link", name=said["proof"]).click()
    assert taken.value.path().read_bytes() == PDF
    assert accessible(holder) == []
