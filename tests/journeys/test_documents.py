"""An invoice is written in a real browser without scripts; with them it is in test_first_day."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from accounts.states import State
from finance.models import Document
from relations.services import add_relation
from tests.factories import AccountFactory
from tests.journeys.conftest import DESKTOP

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("1"), pytest.mark.clause("5.2")]


def test_an_invoice_is_written_without_scripts(browsers):
    account = AccountFactory(state=State.ACTIVE)
    relation = add_relation(
        account, actor=account.main_user, company_name="Jansen & Zoon", street="Markt", city="Meppel"
    )
    page = browsers("nl", DESKTOP, account.main_user, java_script_enabled=False)
    page.goto("/documents/new/")
    page.get_by_label("Zoek in je relaties").fill("jansen")
    page.get_by_role("button", name="Zoeken").click()
    page.get_by_role("button", name="Jansen & Zoon").click()
    page.locator("#id_line-0-description").fill("Dakkapel")
    page.locator("#id_line-0-quantity").fill("12,5")
    page.locator("#id_line-0-unit_price").fill("1.040,01")
    page.get_by_role("button", name="Herberekenen").click()
    expect(page.locator("#totals")).to_contain_text("2.730,03")
    page.get_by_role("button", name="Regel toevoegen").click()
    page.locator("#id_line-1-description").fill("Schoonmaken")
    page.locator("#id_line-1-unit_price").fill("10")
    page.locator("#id_line-1-unit_price").press("Enter")  # saves, and removes nothing
    expect(page.get_by_text("Je concept is opgeslagen.")).to_be_visible()
    document = Document.objects.get()
    assert (document.relation, document.recipient_name, document.lines.count()) == (relation, "Jansen & Zoon", 2)
