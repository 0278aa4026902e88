"""Conferring about a breach in real browsers: offered, chosen on a phone, written up, signed off (§13)."""

from __future__ import annotations

from datetime import timedelta

import icalendar
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from accounts.states import State
from breaches.models import Meeting
from tests import breached
from tests.cast import member
from tests.factories import AccountFactory
from tests.journeys.conftest import DESKTOP, PHONE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("13")]


def clean(page) -> None:
    assert Axe().run(page).response["violations"] == []


def typed(at) -> str:
    return at.astimezone(breached.AMSTERDAM).strftime("%Y-%m-%dT%H:%M")


def test_staff_offer_the_holder_chooses_staff_write_and_the_holder_signs_off(browsers, tmp_path):
    account = AccountFactory(state=State.ACTIVE, main_user__language="nl")
    now = timezone.now()
    row = breached.told(account, at=now - timedelta(hours=3))
    talk = row.consultations.get()
    staff = browsers("nl", DESKTOP, member("Privacy officer"))
    staff.goto(f"/admin/breaches/consultation/{talk.pk}/change/")
    staff.get_by_role("link", name="Moment aanbieden").click()
    staff.get_by_label("Vanaf").fill(typed(now + timedelta(hours=1)))
    staff.get_by_label("Tot").fill(typed(now + timedelta(hours=2)))
    staff.get_by_label("Waar").fill("0522 123 456")
    staff.get_by_role("button", name="Aanbieden").click()
    expect(staff.get_by_text("Aangeboden.", exact=True)).to_be_visible()

    phone = browsers("nl", PHONE, account.main_user)
    phone.goto(f"/breaches/{row.reference}/")
    clean(phone)
    phone.get_by_role("link", name="Kies een moment").click()
    clean(phone)
    phone.get_by_text("Zelf een moment voorstellen").click()
    phone.get_by_role("button", name="Voorstellen").click()
    expect(phone.get_by_text("Vul dit veld in").first).to_be_visible()
    clean(phone)
    phone.get_by_role("button", name="Kiezen").click()
    expect(phone.get_by_text("Afgesproken. Je krijgt een mail")).to_be_visible()
    clean(phone)
    with phone.expect_download() as begun:
        phone.get_by_role("link", name="In je agenda zetten").click()
    begun.value.save_as(tmp_path / "moment.ics")
    (event,) = icalendar.Calendar.from_ical((tmp_path / "moment.ics").read_bytes()).walk("VEVENT")
    assert event["location"] == "0522 123 456"

    Meeting.objects.update(starts_at=now - timedelta(hours=1), ends_at=now)  # it takes place
    staff.goto(f"/admin/breaches/meeting/{Meeting.objects.get().pk}/change/")
    staff.get_by_role("link", name="Verslag schrijven").click()
    staff.get_by_label("Aard van de inbreuk").fill("Iemand kon bij reservekopieën.")
    staff.get_by_label("Risico dat is gelopen").fill("Klein: alles was versleuteld.")
    staff.get_by_label("Genomen of te nemen maatregelen").fill("De sleutel is vervangen.")
    staff.get_by_role("button", name="Verslag opslaan").click()
    expect(staff.get_by_text("Het verslag is opgeslagen.")).to_be_visible()

    phone.goto(f"/breaches/{row.reference}/")
    phone.get_by_role("link", name="Naar het verslag").click()
    expect(phone.get_by_text("Klein: alles was versleuteld.")).to_be_visible()
    clean(phone)
    phone.get_by_role("button", name="Akkoord met dit verslag").click()
    expect(phone.get_by_text("Je bent akkoord met het verslag.")).to_be_visible()
    clean(phone)
    assert browsers.complaints == []


@pytest.mark.parametrize(("language", "viewport"), [("nl", PHONE), ("en", DESKTOP)])
def test_the_main_user_permits_and_takes_it_back(browsers, language, viewport):
    dutch = language == "nl"
    account = AccountFactory(state=State.ACTIVE, main_user__language=language)
    row = breached.told(account, at=timezone.now() - timedelta(hours=3))
    breached.word(row)
    page = browsers(language, viewport, account.main_user)
    page.goto(f"/breaches/{row.reference}/")
    page.get_by_text("Wat we vertellen" if dutch else "What we tell them").click()
    expect(page.get_by_text("Er was een inbreuk.")).to_be_visible()
    page.get_by_role("link", name="Ons iemand laten inlichten" if dutch else "Have us tell somebody").click()
    clean(page)
    page.get_by_role("button", name="Toestemming geven" if dutch else "Permit it").click()
    expect(page.get_by_text("Kies wie we mogen inlichten" if dutch else "Say whom we may tell")).to_be_visible()
    clean(page)
    page.get_by_label("Anderen" if dutch else "Others").fill("Noorderpolis")
    page.get_by_role("button", name="Toestemming geven" if dutch else "Permit it").click()
    expect(page.get_by_text("Noorderpolis").first).to_be_visible()
    clean(page)
    page.get_by_role("link", name="Dit wijzigen" if dutch else "Change this").click()
    clean(page)
    page.get_by_role("button", name="Trek het in" if dutch else "Take it back").click()
    expect(page.get_by_text("Ingetrokken: vanaf nu" if dutch else "Taken back: from now on")).to_be_visible()
    assert browsers.complaints == []
