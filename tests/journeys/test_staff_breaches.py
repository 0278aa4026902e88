"""Staff and a breach in a real browser, at night: entered, told in phases, accounts chosen and put on the list (§13)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.states import State
from breaches.models import Affected, Breach, Phase
from cannonworks.deadlines import in_amsterdam
from relations.services import add_relation
from tests.cast import member
from tests.factories import AccountFactory
from tests.journeys.conftest import DESKTOP, PHONE
from tests.quality import accessible

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("13")]


def typed(page: Page, **texts: str) -> None:
    for name, text in texts.items():
        page.locator(f"[name={name}]").fill(text)


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_from_the_alarm_to_a_list_of_affected_accounts(browsers, viewport):
    touched = AccountFactory(state=State.ACTIVE)
    add_relation(touched, actor=touched.main_user, first_name="Cas", last_name="Anders")
    AccountFactory(state=State.ACTIVE)  # has no relations
    noticed_at = in_amsterdam(timezone.now() - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    page = browsers("nl", viewport, member("Security officer"))

    page.goto("/admin/breaches/breach/add/")
    page.get_by_label("Beveiligingslek of datalek").check()
    typed(page, title_nl="Back-ups bereikbaar", title_en="Backups within reach", noticed_at=noticed_at)
    page.get_by_role("button", name="Inbreuk invoeren").click()
    expect(page.get_by_text("Vul dit veld in").or_(page.get_by_text("Dit veld is verplicht")).first).to_be_visible()
    expect(page.locator("[name=title_nl]")).to_have_value("Back-ups bereikbaar")
    typed(page, noticed_by="Wachtdienst")
    page.get_by_role("button", name="Inbreuk invoeren").click()
    expect(page.get_by_text("De inbreuk is ingevoerd. Leg nu vast wat je weet.")).to_be_visible()
    expect(page.get_by_text("nog 45 uur")).to_be_visible()

    page.get_by_role("link", name="Leg een fase vast").click()
    missing = page.locator("#missing")
    expect(missing.get_by_text("Wat er is gebeurd")).to_be_visible()
    typed(page, fact_nl="Iemand kon bij de back-ups.", fact_en="Somebody could reach the backups.")
    expect(missing.get_by_text("Wat er is gebeurd")).to_have_count(0)  # said at once, before anything is saved
    expect(missing.get_by_text("De (vermeende) oorzaak")).to_be_visible()
    typed(page, began_at="2040-01-01T10:00")
    page.get_by_role("button", name="Deze fase vastleggen").click()
    expect(page.get_by_text("Dit moment moet nog komen.")).to_be_visible()
    expect(page.locator("[name=fact_nl]")).to_have_value("Iemand kon bij de back-ups.")
    typed(page, began_at="")
    page.get_by_role("button", name="Deze fase vastleggen").click()
    expect(page.get_by_text("Fase 1 is vastgelegd. Versturen kan nog niet: kijk wat er ontbreekt.")).to_be_visible()
    expect(page.get_by_text("Er ontbreken 3 dingen")).to_be_visible()
    assert Phase.objects.get().released_at is None

    page.get_by_role("link", name="Ontbreekt voor een melding: de (vermeende) oorzaak").click()
    expect(page.locator("[name=fact_nl]")).to_have_value("Iemand kon bij de back-ups.")
    typed(
        page, cause_nl="Een sleutel lag open.", cause_en="A key lay open.", expected_effects_nl="Valse facturen.",
        expected_effects_en="False invoices.", measures_taken_nl="Sleutel vervangen.", measures_taken_en="Key replaced.",
    )  # fmt: skip
    expect(missing.get_by_text("Volledig")).to_be_visible()
    page.get_by_role("button", name="Deze fase vastleggen").click()
    expect(page.get_by_text("Fase 2 is vastgelegd.")).to_be_visible()
    expect(page.get_by_text("Klaar om te versturen")).to_be_visible()
    assert accessible(page) == []

    page.get_by_role("link", name="Kies de getroffen accounts.").click()
    page.get_by_label("Relaties").check()
    typed(page, since="2026-01-01", until=noticed_at[:10], references="kapot")
    page.get_by_role("button", name="Bekijk wie dat zijn").click()
    expect(page.get_by_text("Dit zijn geen kenmerken van accounts: kapot.")).to_be_visible()
    typed(page, references="")
    page.locator("[name=reason]").fill("Relaties in de back-up")
    page.locator("[name=reason]").press("Enter")  # looks, and puts nobody on the list
    expect(page.get_by_text("1 account zou op de lijst komen")).to_be_visible()
    expect(page.get_by_text(str(touched.reference))).to_be_visible()
    page.locator("[name=reason]").press("Enter")
    expect(page.get_by_text("1 account zou op de lijst komen")).to_be_visible()
    assert not Affected.objects.exists()
    page.get_by_role("button", name="Zet dit account op de lijst").click()
    expect(page.get_by_text("1 account op de lijst gezet.")).to_be_visible()
    expect(page.get_by_text("van 1 account op de lijst")).to_be_visible()
    assert Affected.objects.get().account == touched

    page.goto(f"{page.url.partition('/change/')[0]}/close/")  # a small screen has the button in a menu
    expect(page.get_by_text("Afsluiten kan nog niet.")).to_be_visible()
    expect(page.get_by_text("1 getroffen account is nog niet ingelicht.")).to_be_visible()
    expect(page.get_by_role("button", name="Inbreuk afsluiten")).to_have_count(0)
    assert Breach.objects.get().closed_at is None
    assert all("409" in said for said in browsers.complaints)
