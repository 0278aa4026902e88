"""Staff and a request of a data subject in a real browser: by phone, passed on, not done, checked, blocked (§15)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Account
from accounts.states import State
from rights.models import SubjectRequest
from rights.states import RequestState
from tests.cast import member
from tests.factories import AccountFactory
from tests.journeys.conftest import DESKTOP

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("15")]


def time_passes(days: int) -> None:
    """As long as it takes: every moment of the request lies so much further back."""
    row = SubjectRequest.objects.get()
    row.received_at, row.told_at, row.due_at = (
        moment - timedelta(days=days) for moment in (row.received_at, row.told_at, row.due_at)
    )
    row.save()


def test_a_call_is_passed_on_not_carried_out_checked_and_the_account_blocked(browsers):
    account = AccountFactory(state=State.ACTIVE, company__company_name="Timmerbedrijf de Vries")
    page = browsers("nl", DESKTOP, member("Privacy officer"))

    page.goto("/admin/rights/subjectrequest/add/")
    page.get_by_label("Telefoon").check()
    page.get_by_label("Mijn gegevens laten wissen").or_(page.locator("[name=wish][value=erase]")).first.check()
    page.get_by_label("Naam van de aanvrager").fill("Bram Smit")
    page.get_by_role("button", name="Invoeren").click()
    expect(page.get_by_text("Geef een e-mailadres of een postadres")).to_be_visible()
    expect(page.get_by_label("Naam van de aanvrager")).to_have_value("Bram Smit")
    page.get_by_label("Postadres").fill("Brink 1\n9401 AA Assen")
    page.get_by_label("Controle van identiteit").fill("Teruggebeld op het bekende nummer")
    page.get_by_label("Bedrijf dat de gegevens heeft").fill("timmerbedrijf de vries")
    page.get_by_role("button", name="Invoeren").click()
    expect(page.get_by_text("Het verzoek is ingevoerd. Zoek nu het account.")).to_be_visible()
    expect(page.get_by_text("Hallo Bram Smit,")).to_be_visible()  # the letter

    page.get_by_role("link", name="Account zoeken").click()
    page.get_by_role("link", name="Timmerbedrijf de Vries").click()
    expect(page.get_by_text("de vijf werkdagen gaan in")).to_be_visible()
    page.get_by_role("button", name="Doorgeven").click()
    expect(page.get_by_text("Het verzoek is doorgegeven.")).to_be_visible()
    expect(page.get_by_text("Bij de accounthouder").first).to_be_visible()
    expect(page.get_by_role("link", name="Aanvrager vraagt om controle")).to_have_count(0)

    time_passes(20)
    page.goto("/admin/")
    expect(page.get_by_text("dagen te laat").first).to_be_visible()
    page.get_by_role("link", name="Laten wissen").or_(page.locator("table a[href*=subjectrequest]")).first.click()
    page.get_by_role("link", name="Aanvrager vraagt om controle").click()
    page.get_by_role("button", name="Controle beginnen").click()
    expect(page.get_by_text("De controle is begonnen.")).to_be_visible()
    expect(page.get_by_text("Niet gezien dat het gedaan is").first).to_be_visible()

    page.get_by_role("link", name="Niet uitgevoerd: blokkeren").click()
    expect(page.get_by_text("Vanaf dit moment kan het bedrijf niet meer met CannonWorks werken.")).to_be_visible()
    page.get_by_role("button", name="Account blokkeren").click()
    expect(page.get_by_text("Het account is geblokkeerd.", exact=True)).to_be_visible()
    assert SubjectRequest.objects.get().state == RequestState.BLOCKED
    assert Account.objects.get(pk=account.pk).blocked_at <= timezone.now()

    inside = browsers("nl", DESKTOP, account.main_user)
    inside.goto("/relations/")
    expect(inside.get_by_text("Bram Smit").first).to_be_visible()  # who asks, on the page of what is to be done
    # The browser says so itself of what was not filled in, and of the page that a blocked account does not reach.
    assert all("409" in said or "403" in said for said in browsers.complaints)
