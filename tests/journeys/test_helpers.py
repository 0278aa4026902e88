"""A helper looks until the project ends under his eyes; the contact sees who has access and reports one (§10)."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Account, User
from accounts.states import State
from cannonworks import isolation
from processors.models import Helper, Project, SubProcessor
from tests import registers
from tests.factories import PASSWORD, AccountFactory, HelperFactory
from tests.journeys.conftest import DESKTOP, PHONE
from tests.journeys.test_holder import looks_well
from tests.signin import totp

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("10")]
DAY = timedelta(days=1)
WORDS = {
    "nl": {
        "email": "E-mail", "password": "Wachtwoord", "in": "Inloggen", "code": "Code", "accounts": "Accounts",
        "none": "Nu geen toegang", "over": "Je project is voorbij", "masked": "op referentie", "search": "Zoeken",
        "mail me": "Mail mij de link", "your email": "Je e-mailadres", "look": "Kijk in je mail",
        "can": "Kan nu meekijken", "gone": "Is weg bij ons bedrijf", "end": "Toegang beëindigen", "left": "Is weg",
        "ended": "De toegang van Hugo Hulp is beëindigd.",
    },
    "en": {
        "email": "E-mail", "password": "Password", "in": "Sign in", "code": "Code", "accounts": "Accounts",
        "none": "No access now", "over": "Your project is over", "masked": "by reference", "search": "Search",
        "mail me": "Mail me the link", "your email": "Your e-mail", "look": "Look in your mail",
        "can": "Can look now", "gone": "Has left our company", "end": "End the access", "left": "Has left",
        "ended": "The access of Hugo Hulp has ended.",
    },
}  # fmt: skip
SIZES = pytest.mark.parametrize(
    ("language", "viewport"), [("nl", PHONE), ("en", DESKTOP)], ids=["nl-phone", "en-desktop"]
)


@pytest.fixture
def house() -> SubProcessor:
    return registers.house(contact_email="beheer@noorderhost.example")


@pytest.fixture
def account() -> Account:
    return AccountFactory(state=State.ACTIVE)


@pytest.fixture
def helper(house, account) -> Helper:
    """In a project that goes by reference."""
    now = timezone.now()
    made = registers.helper(house, user=HelperFactory(first_name="Hugo", last_name="Hulp"))
    registers.project(house, made, starts_at=now - DAY, ends_at=now + DAY, shows_names=False)
    return made


@SIZES
def test_a_helper_looks_until_the_project_ends_while_the_page_is_open(browsers, account, helper, language, viewport):
    said, name = WORDS[language], account.company.company_name
    User.objects.filter(pk=helper.user_id).update(language=language)
    page = browsers(language, viewport)
    heading = page.get_by_role("heading", level=1)
    page.goto("/sign-in/")
    page.get_by_label(said["email"]).fill(helper.user.email)
    page.get_by_label(said["password"]).fill(PASSWORD)
    page.get_by_role("button", name=said["in"], exact=True).click()
    page.get_by_label(said["code"]).fill(totp())
    page.get_by_role("button", name=said["in"], exact=True).click()
    expect(heading).to_have_text(said["accounts"])
    looks_well(page)
    expect(page.get_by_text(str(account.reference))).to_be_visible()
    expect(page.get_by_text(said["masked"])).to_be_visible()
    assert name not in page.content()

    with isolation.acting_as(isolation.JOBS):  # staff end it, while the page is open
        Project.objects.update(ends_at=timezone.now())
    page.get_by_role("button", name=said["search"]).click()
    expect(heading).to_have_text(said["none"])
    expect(page.get_by_text(said["over"])).to_be_visible()
    looks_well(page)
    assert str(account.reference) not in page.content()
    page.reload()
    expect(heading).to_have_text(said["none"])


@SIZES
@pytest.mark.usefixtures("post_at_once", "helper")
def test_the_contact_sees_who_has_access_and_reports_who_left(browsers, helper, language, viewport):
    said = WORDS[language]
    inside = browsers(language, viewport, helper.user)
    inside.goto("/helpers/")
    expect(inside.get_by_role("heading", level=1)).to_have_text(said["accounts"])
    page = browsers(language, viewport)
    page.goto("/sub-processors/access/")
    looks_well(page)
    page.get_by_label(said["your email"]).fill("beheer@noorderhost.example")
    page.get_by_role("button", name=said["mail me"]).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(said["look"])
    page.goto(urlsplit(re.search(r"https?://\S+/access/\S+", mail.outbox.pop().body)[0]).path)
    person = page.get_by_role("region", name="Hugo Hulp")
    expect(person.get_by_text(said["can"])).to_be_visible()
    looks_well(page)
    person.get_by_role("link", name=said["gone"]).click()
    looks_well(page)
    page.get_by_role("button", name=said["end"]).click()
    expect(page.get_by_text(said["ended"])).to_be_visible()
    expect(person.get_by_text(said["left"], exact=True)).to_be_visible()
    looks_well(page)
    inside.get_by_role("button", name=said["search"]).click()
    expect(inside).to_have_url(re.compile("/sign-in/"))
