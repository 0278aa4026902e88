"""Working together in a real browser: from an invitation on."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from django.core import mail
from playwright.sync_api import expect

from accounts.models import User
from accounts.states import State
from tests.factories import PASSWORD, AccountFactory
from tests.journeys.conftest import DESKTOP
from tests.journeys.test_holder import looks_well

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("1")]


def heading(page, text):
    expect(page.get_by_role("heading", level=1)).to_have_text(text)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def link() -> str:
    """The path in the last mail."""
    return urlsplit(re.search(r"https?://\S+", mail.outbox.pop().body)[0]).path


@pytest.mark.usefixtures("post_at_once")
def test_a_colleague_is_invited_joins_is_made_main_user_and_removes_the_first(browsers):
    account = AccountFactory(state=State.ACTIVE)
    main = browsers(viewport=DESKTOP)
    main.goto("/sign-in/")
    main.get_by_label("E-mail").fill(account.main_user.email)
    main.get_by_label("Wachtwoord").fill(PASSWORD)
    main.get_by_role("button", name="Inloggen", exact=True).click()
    heading(main, "Hallo Sanne")
    main.goto("/account/users/")
    main.get_by_label("E-mail van je collega").fill("wim@bedrijf.example")
    main.get_by_role("button", name="Verstuur de uitnodiging").click()
    expect(main.get_by_role("listitem").filter(has_text="wim@bedrijf.example")).to_contain_text("de link werkt tot")
    looks_well(main)

    wim = browsers()
    wim.goto(link())
    heading(wim, f"Doe mee met {account.company}")
    wim.get_by_label("Voornaam").fill("Wim")
    wim.get_by_label("Achternaam").fill("Smid")
    wim.get_by_label("Wachtwoord").fill(PASSWORD)
    wim.get_by_label("Ik ben 16 jaar of ouder").check()
    wim.get_by_role("button", name="Doe mee").click()
    heading(wim, "Hallo Wim")
    wim.goto("/account/users/")
    expect(wim.get_by_role("button", name="Verstuur de uitnodiging")).to_have_count(0)

    main.goto("/account/users/")
    main.get_by_role("link", name="Maak Wim Smid hoofdgebruiker").click()
    heading(main, "Wim Smid hoofdgebruiker maken?")
    looks_well(main)
    main.get_by_role("button", name="Overdragen").click()
    expect(main.get_by_role("status")).to_contain_text("Wim Smid is nu de hoofdgebruiker.")
    assert mail.outbox.pop().to == ["wim@bedrijf.example"]

    wim.goto("/account/users/")
    wim.get_by_role("link", name="Verwijder Sanne de Vries").click()
    heading(wim, "Sanne de Vries verwijderen?")
    wim.get_by_role("button", name="Definitief verwijderen").click()
    expect(wim.get_by_role("status")).to_contain_text("Sanne de Vries kan niet meer inloggen.")
    main.reload()
    heading(main, "Inloggen")
    assert [user.full_name for user in User.objects.filter(account=account)] == ["Wim Smid"]
    assert browsers.complaints == []
