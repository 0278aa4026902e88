"""A test by the account holder in real browsers: announced, another date, agreed, accepted, and its logs (§12)."""

from __future__ import annotations

import json
import zipfile
from datetime import timedelta

import icalendar
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from accounts.states import State
from audits import agreeing, links, running
from audits.models import Audit
from audits.windows import notice_of
from cannonworks import isolation
from cannonworks.deadlines import in_amsterdam, local_date
from tests.cast import member
from tests.factories import AccountFactory
from tests.journeys.conftest import DESKTOP, PHONE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("12")]
DAY = timedelta(days=1)


def clean(page) -> None:
    assert Axe().run(page).response["violations"] == []


def typed(at) -> str:
    return f"{in_amsterdam(at):%Y-%m-%dT%H:%M}"


def the_window_comes() -> None:
    """It was announced long ago, and has begun an hour ago."""
    now, audit = timezone.now(), Audit.objects.get()
    audit.announced_at = now - 30 * DAY
    audit.earliest_at = notice_of(audit.announced_at).due_at
    audit.starts_at, audit.ends_at = now - timedelta(hours=1), now + DAY
    audit.year = local_date(audit.starts_at).year
    audit.save()
    with isolation.acting_as(isolation.JOBS):
        running.tend(at=now)


def test_a_holder_announces_we_propose_the_holder_agrees_the_tester_accepts_and_the_logs_come(browsers, tmp_path):
    account = AccountFactory(state=State.ACTIVE, main_user__language="nl")
    now = timezone.now().replace(second=0, microsecond=0)
    phone = browsers("nl", PHONE, account.main_user)
    phone.goto("/audits/")
    clean(phone)
    phone.get_by_role("link", name="Test aankondigen").click()
    clean(phone)
    phone.get_by_label("Wat wordt getest").fill("De app en de API")
    phone.get_by_label("Begin").fill(typed(now + 5 * DAY))
    phone.get_by_label("Einde").fill(typed(now + 22 * DAY))
    phone.get_by_label("Naam").fill("Irene Keur")
    phone.get_by_label("Bedrijf").fill("Keur & Zoon")
    phone.get_by_label("E-mail").fill("irene@keur.example")
    phone.get_by_label("Kwalificatie").select_option("informaticus")
    phone.get_by_label("Ik weet dat de kosten").check()
    phone.get_by_role("button", name="Aankondigen").click()
    expect(phone.get_by_text("op zijn vroegst veertien dagen na de aankondiging")).to_be_visible()
    clean(phone)
    phone.get_by_label("Begin").fill(typed(now + 20 * DAY))
    phone.get_by_role("button", name="Aankondigen").click()
    expect(phone.get_by_text("Je test is aangekondigd.")).to_be_visible()
    clean(phone)
    audit = Audit.objects.get()

    staff = browsers("nl", DESKTOP, member("Security officer"))
    staff.goto(f"/admin/audits/audit/{audit.pk}/change/")
    staff.get_by_role("link", name="Andere datum voorstellen").click()
    staff.get_by_label("Begin").fill(typed(now + 27 * DAY))
    staff.get_by_label("Einde").fill(typed(now + 29 * DAY))
    staff.get_by_label("Waarom de voorgestelde datum").fill("Dan is er groot onderhoud.")
    staff.get_by_role("button", name="Voorstellen").click()
    expect(staff.get_by_text("Voorgesteld. De accounthouder krijgt een mail.")).to_be_visible()

    phone.goto("/")
    phone.get_by_role("link", name="Geef antwoord op de datum").click()
    expect(phone.get_by_text("Dan is er groot onderhoud.").first).to_be_visible()
    clean(phone)
    phone.get_by_role("button", name="Akkoord met deze datum").click()
    expect(phone.get_by_text("Afgesproken. Je krijgt een mail")).to_be_visible()
    with phone.expect_download() as begun:
        phone.get_by_role("link", name="In je agenda zetten").click()
    begun.value.save_as(tmp_path / "test.ics")
    (event,) = icalendar.Calendar.from_ical((tmp_path / "test.ics").read_bytes()).walk("VEVENT")
    assert event["dtstart"].dt == now + 27 * DAY

    tester = browsers("en", DESKTOP)
    tester.goto(f"/test/{links.token_of(agreeing.tester_of(audit))}/")
    clean(tester)
    expect(tester.get_by_role("heading", name="Security procedures for whoever tests CannonWorks")).to_be_visible()
    tester.get_by_role("button", name="Accept").click()
    expect(tester.get_by_label("Your name")).to_have_attribute("aria-invalid", "true")
    clean(tester)
    tester.get_by_label("Your name").fill("Irene Keur")
    tester.get_by_label("I have read the procedures").check()
    tester.get_by_role("button", name="Accept").click()
    expect(tester.get_by_text("Accepted by Irene Keur")).to_be_visible()

    the_window_comes()
    phone.goto(f"/audits/{audit.reference}/")
    expect(phone.get_by_text("De test loopt.")).to_be_visible()
    clean(phone)
    with phone.expect_download() as begun:
        phone.get_by_role("link", name="Download de logs").click()
    begun.value.save_as(tmp_path / "logs.zip")
    with zipfile.ZipFile(tmp_path / "logs.zip") as archive:
        events = [json.loads(line)["event"] for line in archive.read("journal.jsonl").splitlines()]
    assert {"audit.begun", "audit.agreed"} <= {*events}
    phone.reload()
    expect(phone.get_by_text("Bewaard tot")).to_be_visible()
    assert browsers.complaints == []
