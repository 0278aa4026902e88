"""A holder brings in a list in a real browser: chosen, put right, followed, and the rest taken home. In both languages."""

from __future__ import annotations

import threading

import pytest
from django.db import connections
from playwright.sync_api import expect

from accounts.states import State
from cannonworks import isolation
from relations import imports
from relations.models import Import, Relation
from tests.factories import PASSWORD, AccountFactory
from tests.journeys.test_holder import looks_well

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("3", "19")]
WORDS = {
    "nl": {
        "password": "Wachtwoord", "sign in": "Inloggen", "file": "Je bestand", "look": "Bekijk het bestand",
        "right": "Klopt dit zo?", "field": "Plaats", "check": "Opnieuw controleren", "import": "Importeer 3 regels",
        "under way": "Je bestand wacht op zijn beurt", "added": "Toegevoegd", "download": "Download de rijen om te verbeteren",
        "forget": "Verwijder het bestand nu", "forgotten": "Het bestand is verwijderd.",
    },
    "en": {
        "password": "Password", "sign in": "Sign in", "file": "Your file", "look": "Look at the file",
        "right": "Does this look right?", "field": "Town", "check": "Check again", "import": "Import 3 lines",
        "under way": "Your file waits its turn", "added": "Added", "download": "Download the rows to mend",
        "forget": "Forget the file now", "forgotten": "The file is forgotten.",
    },
}  # fmt: skip
LIST = (
    "Bedrijf;Mail;Waar\nBakkerij Zoë;zoe@bakkerij.example;Assen\nSmit;anna@smit.example;Meppel\nFout;geen adres;Assen\n"
)


@pytest.mark.parametrize(("language", "width", "scripts"), [("nl", 390, True), ("en", 1280, True), ("nl", 1280, False)])
def test_a_list_is_brought_in(chromium, live_server, monkeypatch, tmp_path, language, width, scripts):
    started: list[int] = []
    monkeypatch.setattr("relations.tasks.run_import.delay", started.append)
    words = WORDS[language]
    account = AccountFactory(state=State.ACTIVE, main_user__language=language)
    context = chromium.new_context(
        locale=language, viewport={"width": width, "height": 844}, base_url=live_server.url, java_script_enabled=scripts
    )
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto("/sign-in/")
    page.get_by_label("E-mail").fill(account.main_user.email)
    page.get_by_label(words["password"]).fill(PASSWORD)
    page.get_by_role("button", name=words["sign in"], exact=True).click()
    page.wait_for_url(lambda url: "sign-in" not in url)
    page.goto("/relations/import/")
    well(page, scripts)
    list_ = tmp_path / "klanten.csv"
    list_.write_bytes(LIST.encode("cp1252"))
    page.get_by_label(words["file"]).set_input_files(list_)
    page.get_by_role("button", name=words["look"]).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words["right"])
    page.get_by_role("combobox", name="Waar").select_option(words["field"])
    page.get_by_role("button", name=words["check"]).click()
    expect(page.get_by_role("table")).to_contain_text("Bakkerij Zoë")
    expect(page.get_by_role("table")).to_contain_text("Meppel")
    well(page, scripts)
    page.get_by_role("button", name=words["import"]).click()
    expect(page.get_by_role("heading", level=2)).to_have_text(words["under way"])
    well(page, scripts)
    worker = threading.Thread(target=work, args=started)
    worker.start()
    worker.join()
    if not scripts:
        page.reload()
    expect(page.get_by_text(words["added"], exact=True)).to_be_visible(timeout=10_000)
    well(page, scripts)
    with page.expect_download() as download:
        page.get_by_role("link", name=words["download"]).click()
    assert download.value.path().read_bytes().decode("utf-8-sig").rstrip().endswith("Fout;geen adres;Assen")
    page.get_by_role("button", name=words["forget"]).click()
    expect(page.get_by_role("status")).to_contain_text(words["forgotten"])
    assert list(Relation.objects.order_by("id").values_list("company_name", "city")) == [
        ("Bakkerij Zoë", "Assen"), ("Smit", "Meppel"),
    ]  # fmt: skip
    assert not Import.objects.exists()
    assert said == []
    context.close()


def work(import_id: int) -> None:
    """As the worker does, beside the browser."""
    with isolation.acting_as(isolation.JOBS):
        imports.run(import_id)
    connections.close_all()


def well(page, scripts: bool) -> None:
    if scripts:
        looks_well(page)
