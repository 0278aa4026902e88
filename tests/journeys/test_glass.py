"""Emergency access in real browsers: asked, approved by another, used, closed, and read by the holder (§10)."""

from __future__ import annotations

import pytest
from django.db import connection
from django.utils import timezone
from playwright.sync_api import expect

from accounts.states import State
from cannonworks import isolation
from processors import glass as glasses
from processors import glass_reports
from processors.models import Glass
from tests.factories import AccountFactory, StaffFactory
from tests.journeys.conftest import DESKTOP, PHONE
from tests.processors.glasses import connected
from tests.quality import accessible

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("10")]


@pytest.fixture(autouse=True)
def _no_login_is_left():
    yield
    with connection.cursor() as cursor:
        cursor.execute("SELECT login FROM processors_glass WHERE login <> '' AND dropped_at IS NULL")
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP ROLE IF EXISTS "{name}"')


def clean(page) -> None:
    assert accessible(page) == []


def told(page, word: str) -> str:
    """What stands beside a word on a page of facts."""
    return page.locator("dl > div", has=page.locator("dt", has_text=word)).locator("dd").inner_text()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_from_the_calamity_to_what_the_holder_reads(browsers, viewport):
    account = AccountFactory(state=State.ACTIVE, main_user__language="nl")
    anna, bas = StaffFactory(first_name="Anna"), StaffFactory(first_name="Bas")

    first = browsers("nl", viewport, anna)
    first.goto("/admin/processors/glass/add/")
    clean(first)
    first.get_by_label("Reden").fill("De schijf van de database is stuk.")
    first.get_by_label("Accounts", exact=True).fill(str(account.reference)[:8])
    first.get_by_label("Uren").fill("12")
    first.get_by_role("button", name="Vragen", exact=True).click()
    expect(first.get_by_label("Reden")).to_have_value("De schijf van de database is stuk.")  # twelve hours are too many
    first.get_by_label("Uren").fill("2")
    first.get_by_role("button", name="Vragen", exact=True).click()
    expect(first.get_by_text("Wie mag goedkeuren, krijgt nu een mail")).to_be_visible()
    glass = Glass.objects.get()
    place = f"/admin/processors/glass/{glass.pk}/"
    first.goto(f"{place}change/")
    clean(first)
    expect(first.get_by_role("link", name="Goedkeuren")).to_have_count(0)  # not who asked

    second = browsers("nl", viewport, bas)
    second.goto(f"{place}approve/")
    expect(second.get_by_text("De schijf van de database is stuk.")).to_be_visible()
    clean(second)
    second.get_by_role("button", name="Goedkeuren").click()
    expect(second.get_by_text("Wie het vroeg, kan nu de login ophalen")).to_be_visible()

    first.goto(f"{place}get_login/")
    first.get_by_role("button", name="Login maken").click()
    expect(first.get_by_role("heading", name="Je login").last).to_be_visible()
    clean(first)
    login = glasses.Login(told(first, "Login"), told(first, "Wachtwoord"), timezone.now())
    with connected(login) as session:
        assert session.execute("SELECT id FROM accounts_account").fetchall() == [(account.pk,)]
    first.goto(f"{place}change/")
    expect(first.get_by_text("Nu open")).to_be_visible()
    expect(first.get_by_text(login.password)).to_have_count(0)
    first.goto(f"{place}get_login/")
    first.get_by_role("button", name="Login maken").click()
    expect(first.get_by_text("Er is geen login op te halen")).to_be_visible()  # once

    first.goto(f"{place}close/")
    first.get_by_label("Wat er is gedaan").fill("De schijf is vervangen en alles is nagekeken.")
    first.get_by_role("button", name="Afsluiten en melden").click()
    expect(first.get_by_text("De accounthouders krijgen bericht")).to_be_visible()
    with isolation.acting_as(isolation.JOBS):
        assert glass_reports.report_waiting(at=timezone.now()) == 1
        glass_reports.report_waiting(at=timezone.now())
    first.goto(f"{place}change/")
    expect(first.get_by_text("Gemeld", exact=True)).to_be_visible()
    clean(first)

    holder = browsers("nl", viewport, account.main_user)
    holder.goto("/my-data/looks/")
    expect(holder.get_by_text("De schijf is vervangen en alles is nagekeken.")).to_be_visible()
    clean(holder)
    assert all("409 (Conflict)" in each for each in browsers.complaints)  # twelve hours
