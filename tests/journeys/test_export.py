"""A main user takes all data along in a real browser: asks, follows, proves who they are, and opens the file (§6)."""

from __future__ import annotations

import threading

import pytest
from django.db import connections
from django.utils import timezone
from playwright.sync_api import expect

from accounts.states import State
from cannonworks import isolation
from rights import making
from tests.factories import PASSWORD, AccountFactory
from tests.journeys.conftest import DESKTOP, PHONE
from tests.journeys.test_holder import looks_well
from tests.lives import fill
from tests.rights.returns import checked

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("6")]
WORDS = {
    "nl": {
        "begin": "Vraag je gegevens op", "ask": "Vraag mijn gegevens op", "waits": "Je aanvraag wacht op zijn beurt",
        "left": "nog 15 dagen", "ready": "Je gegevens staan klaar", "prove": "Laat zien dat jij het bent en download",
        "password": "Wachtwoord", "due": "Download je gegevens", "remove": "Verwijder dit bestand",
        "gone": "De bestanden zijn verwijderd.", "download": "Downloaden",
    },
    "en": {
        "begin": "Ask for your data", "ask": "Ask for my data", "waits": "Your request waits its turn",
        "left": "15 days left", "ready": "Your data are ready", "prove": "Show that it is you, then download",
        "password": "Password", "due": "Download your data", "remove": "Remove this file",
        "gone": "The files are removed.", "download": "Download",
    },
}  # fmt: skip


@pytest.mark.parametrize(("language", "viewport"), [("nl", PHONE), ("en", DESKTOP)])
def test_a_main_user_takes_everything_along(browsers, monkeypatch, language, viewport):
    started: list[int] = []
    monkeypatch.setattr("rights.tasks.run_return.delay", started.append)
    words = WORDS[language]
    account = fill(AccountFactory(state=State.ACTIVE, main_user__language=language), on=timezone.localdate())
    page = browsers(language, viewport, account.main_user, minutes_ago=30)
    page.goto("/my-data/")
    page.get_by_role("link", name=words["begin"]).click()
    looks_well(page)
    page.get_by_role("button", name=words["ask"]).click()
    expect(page.get_by_role("heading", level=2).first).to_have_text(words["waits"])
    expect(page.get_by_text(words["left"])).to_be_visible()
    looks_well(page)
    worker = threading.Thread(target=work, args=started)
    worker.start()
    worker.join()
    expect(page.get_by_role("heading", name=words["ready"])).to_be_visible(timeout=15_000)  # without a click
    looks_well(page)
    page.goto("/")
    page.get_by_role("link", name=words["due"]).click()
    page.get_by_role("button", name=words["prove"]).click()
    page.get_by_label(words["password"]).fill(PASSWORD)
    page.get_by_label(words["password"]).press("Enter")
    link = page.get_by_role("link", name=words["download"], exact=True)
    expect(link).to_be_visible()
    looks_well(page)
    with page.expect_download() as download:
        link.click()
    archive, manifest = checked([download.value.path().read_bytes()])
    assert download.value.suggested_filename.startswith("cannonworks-")
    assert manifest["account"] == str(account.reference)
    assert "Visser" in archive.read("relations/relation.csv").decode()
    page.get_by_role("button", name=words["remove"]).click()
    expect(page.get_by_role("status")).to_contain_text(words["gone"])
    assert browsers.complaints == []


def work(return_id: int) -> None:
    """As the worker does, beside the browser."""
    with isolation.acting_as(isolation.JOBS):
        making.run(return_id)
    connections.close_all()
