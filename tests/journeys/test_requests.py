"""A holder handles what somebody asks about their data, from the overview to the mark, and opens a blocked account."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Account
from accounts.states import State
from relations.models import Relation
from relations.services import add_relation
from rights.models import SubjectRequest
from tests.asked import subject_request
from tests.factories import AccountFactory
from tests.journeys.conftest import DESKTOP, PHONE
from tests.journeys.test_holder import looks_well

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("15")]
WORDS = {
    "nl": {
        "restrict": "Bram Smit vraagt je het gebruik van gegevens te beperken", "one": "Deze is het",
        "do": "Beperken", "done": "Melden dat het gedaan is", "handled": "Het verzoek is afgehandeld",
        "erase": "Bram Smit vraagt je gegevens te verwijderen", "blocked": "Geblokkeerd", "search": "Zoeken in je lijsten",
        "look": "Zoeken", "erase_do": "Verwijderen", "overview": "Overzicht", "missing": "nog niet beperkt",
    },
    "en": {
        "restrict": "Bram Smit asks you to restrict the use of their data", "one": "This is the one",
        "do": "Restrict", "done": "Mark it done", "handled": "The request is done",
        "erase": "Bram Smit asks you to erase their data", "blocked": "Blocked", "search": "Search in your lists",
        "look": "Search", "erase_do": "Erase", "overview": "Overview", "missing": "not been restricted yet",
    },
}  # fmt: skip
VIEWS = [("nl", PHONE), ("en", DESKTOP)]


@pytest.mark.parametrize(("language", "viewport"), VIEWS)
def test_from_the_overview_to_the_mark_that_it_is_done(browsers, language, viewport):
    words, account = WORDS[language], AccountFactory(state=State.ACTIVE, main_user__language=language)
    add_relation(account, actor=account.main_user, first_name="Bram", last_name="Smit", email="bram@thuis.example")
    request = subject_request(account, state="told", wish="restrict", at=timezone.now() - timedelta(hours=2))
    page = browsers(language, viewport, account.main_user)
    page.goto("/")
    looks_well(page)
    page.locator(".due").get_by_role("link", name=words["restrict"]).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words["restrict"])
    looks_well(page)
    page.get_by_role("button", name=words["one"]).click()
    expect(page.get_by_role("main")).to_contain_text(words["missing"])
    looks_well(page)
    page.get_by_role("link", name=re.compile(f"^{words['do']} ?: Bram Smit$")).click()
    page.get_by_role("button", name=words["do"], exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words["restrict"])
    looks_well(page)
    page.get_by_role("button", name=words["done"]).click()
    expect(page.get_by_role("main")).to_contain_text(words["handled"])
    looks_well(page)
    page.goto("/requests/")
    looks_well(page)
    row = SubjectRequest.objects.get()
    assert (row.reference, row.state, row.outcome) == (request.reference, "done", "fulfilled")
    assert Relation.objects.get().restricted_on is not None
    assert browsers.complaints == []


@pytest.mark.parametrize(("language", "viewport"), VIEWS)
def test_a_blocked_account_opens_by_what_was_asked(browsers, language, viewport):
    words, account = WORDS[language], AccountFactory(state=State.ACTIVE, main_user__language=language)
    for name in ("Smit", "Bos"):
        add_relation(account, actor=account.main_user, first_name="Abraham", last_name=name)
    subject_request(account, state="blocked", wish="erase", at=timezone.now() - timedelta(days=30))
    page = browsers(language, viewport, account.main_user)
    page.goto("/relations/")
    expect(page).to_have_url(f"{browsers.address}/requests/")
    expect(page.locator(".top .chip")).to_contain_text(words["blocked"])
    looks_well(page)
    page.get_by_role("link", name=words["erase"]).click()
    looks_well(page)
    page.get_by_label(words["search"]).fill("abraham smit")
    page.get_by_role("button", name=words["look"], exact=True).click()
    page.get_by_role("button", name=re.compile(f"^{words['one']} ?: Abraham Smit$")).click()
    page.get_by_role("link", name=re.compile(f"^{words['erase_do']} ?: Abraham Smit$")).click()
    looks_well(page)
    page.locator("button.button-bad").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words["erase"])
    expect(page.locator(".top .chip")).to_contain_text(words["blocked"])
    looks_well(page)
    page.get_by_role("button", name=words["done"]).click()
    expect(page.get_by_role("main")).to_contain_text(words["handled"])
    expect(page.locator(".top .chip")).not_to_contain_text(words["blocked"])
    page.get_by_role("navigation").get_by_role("link", name=words["overview"]).first.click()
    expect(page).to_have_url(f"{browsers.address}/")
    looks_well(page)
    assert [str(each) for each in Relation.objects.all()] == ["Abraham Bos"]
    assert Account.objects.get().blocked_at is None
    assert browsers.complaints == []
