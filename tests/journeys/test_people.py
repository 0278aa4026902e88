"""A holder adds a relation, finds it while typing, restricts it and lets it go again, in a real browser, twice."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from accounts.states import State
from journal.models import Entry
from relations.models import Employee, Relation
from relations.services import add_relation
from tests.factories import PASSWORD, AccountFactory
from tests.journeys.conftest import DESKTOP, PHONE
from tests.journeys.test_holder import looks_well
from tests.signin import freshly

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = {
    "nl": ("Nieuwe relatie", "Achternaam", "Postcode", "Opslaan", "Beperken", "Beperking opheffen", "Verwijderen …"),
    "en": ("New relation", "Last name", "Postcode", "Save", "Restrict", "Lift the restriction", "Erase …"),
}


@pytest.mark.clause("3", "15")
@pytest.mark.parametrize(("language", "width", "scheme"), [("nl", 390, "dark"), ("en", 1280, "light")])
def test_a_relation_is_added_found_and_restricted(chromium, live_server, language, width, scheme):
    new, last_name, postcode, save, restrict, lift, erase = WORDS[language]
    account = AccountFactory(state=State.ACTIVE, main_user__language=language)
    add_relation(account, actor=account.main_user, company_name="Bakkerij Smit", city="Emmen")
    context = chromium.new_context(
        locale=language, viewport={"width": width, "height": 844}, color_scheme=scheme, base_url=live_server.url
    )
    session = freshly(Client(), account.main_user).cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies(
        [
            {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url},
            {"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": live_server.url},
        ]
    )
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.goto("/relations/")
    looks_well(page)
    page.get_by_role("link", name=new).first.click()
    page.get_by_label(postcode).fill("7941aa")
    page.get_by_label(last_name).fill("Visser")
    expect(page.get_by_label(postcode)).to_have_value("7941 AA")
    looks_well(page)
    page.get_by_role("button", name=save).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Visser")
    page.goto("/relations/")
    page.get_by_role("searchbox").press_sequentially("viss", delay=30)
    expect(page.locator("#people tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?search=(?!viss)[\w-]{30,}"))
    looks_well(page)
    page.reload()
    expect(page.locator("#people tbody tr")).to_have_count(1)
    page.locator("#people").get_by_role("link", name="Visser").click()
    for button in (restrict, lift):
        page.get_by_role("link", name=button, exact=True).click()
        looks_well(page)
        page.get_by_role("button", name=button, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Visser")
        looks_well(page)
    page.get_by_role("link", name=erase).click()
    looks_well(page)
    page.locator("button.button-bad").click()
    expect(page.locator(".note-success")).to_contain_text("Visser")
    assert [str(relation) for relation in Relation.objects.all()] == ["Bakkerij Smit"]
    assert said == []
    context.close()


BSN = "111222333"
BSN_WORDS = {
    "nl": ("Nieuwe medewerker", "Achternaam", "Opslaan", "BSN laten zien", "Ben jij het?", "Wachtwoord", "Verder"),
    "en": ("New employee", "Last name", "Save", "Show the BSN", "Is it you?", "Password", "Go on"),
}


@pytest.mark.clause("19")
@pytest.mark.parametrize(("language", "viewport"), [("nl", PHONE), ("en", DESKTOP)])
def test_the_bsn_of_an_employee_is_masked_and_shown_once_after_a_proof(browsers, language, viewport):
    new, last_name, save, show, is_it_you, password, go_on = BSN_WORDS[language]
    user = AccountFactory(state=State.ACTIVE, main_user__language=language).main_user
    page = browsers(language, viewport, user, minutes_ago=settings.FRESH_MINUTES + 1)
    page.goto("/employees/")
    looks_well(page)
    page.get_by_role("link", name=new).first.click()
    page.get_by_label(last_name).fill("Bakker")
    page.get_by_label("BSN").fill("111222334")
    page.get_by_role("button", name=save, exact=True).click()
    expect(page.locator(".errorlist").first).to_contain_text("BSN")
    expect(page.get_by_label(last_name)).to_have_value("Bakker")
    expect(page.get_by_label("BSN")).to_have_value("")  # never sent back, right or wrong
    looks_well(page)
    page.get_by_label("BSN").fill("1112.22.333")
    page.get_by_role("button", name=save, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bakker")
    expect(page.get_by_role("main")).to_contain_text(Employee.MASK)
    assert BSN not in page.content()
    looks_well(page)

    page.get_by_role("button", name=show).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(is_it_you)
    looks_well(page)
    assert not Entry.objects.filter(event="bsn.revealed").exists()
    page.get_by_label(password).fill(PASSWORD)
    page.get_by_role("button", name=go_on).click()
    expect(page.get_by_role("main").get_by_role("status")).to_contain_text(BSN)
    looks_well(page)
    assert Entry.objects.filter(event="bsn.revealed").count() == 1
    page.goto(f"/employees/{Employee.objects.get().reference}/")
    expect(page.get_by_role("button", name=show)).to_be_visible()
    assert BSN not in page.content()
    assert browsers.complaints == []
