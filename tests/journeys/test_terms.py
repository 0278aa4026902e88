"""Staff publish new terms; in a real browser a holder is told, sees what changed and says so. In both languages."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts import terms
from accounts.models import Heed, TermsAcknowledgement, TermsVersion, User
from accounts.states import State
from journal.models import Entry
from tests.cast import member
from tests.factories import PASSWORD, AccountFactory
from tests.journeys.conftest import DESKTOP, PHONE
from tests.journeys.test_holder import looks_well

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("21")]
WORDS = {
    "nl": {
        "password": "Wachtwoord", "sign in": "Inloggen", "hello": "Hallo Sanne", "banner": "Onze voorwaarden zijn veranderd.",
        "due": "Lees wat er in onze voorwaarden is veranderd", "see": "Bekijk wat er is veranderd",
        "title": "Onze voorwaarden zijn veranderd", "short": "Een andere rechter.",
        "read": "Ik heb dit gelezen", "thanks": "Dank je.",
        "known": "Je bent op de hoogte",
    },
    "en": {
        "password": "Password", "sign in": "Sign in", "hello": "Hello Sanne", "banner": "Our terms have changed.",
        "due": "Read what changed in our terms", "see": "See what changed", "title": "Our terms have changed",
        "short": "Another court.", "read": "I have read this",
        "thanks": "Thank you.", "known": "You are up to date",
    },
}  # fmt: skip


def publish_another() -> TermsVersion:
    """A version in force today with another court, by a privacy officer through the service."""
    officer, at = member("Privacy officer"), timezone.now()
    first = TermsVersion.objects.get(number=1)
    said = {
        "effective_on": timezone.localdate(at),
        "text_nl": first.text_nl.replace("rechter in Assen", "rechter in Groningen"),
        "text_en": first.text_en.replace("court in Assen", "court in Groningen"),
        "summary_nl": WORDS["nl"]["short"],
        "summary_en": WORDS["en"]["short"],
    }
    return terms.publish(terms.write_draft(said, actor=officer), officer, at)


@pytest.mark.parametrize(("language", "viewport"), [("nl", PHONE), ("en", DESKTOP)])
def test_new_terms_are_told_shown_and_acknowledged(browsers, language, viewport):
    words, page = WORDS[language], browsers(language, viewport)
    account = AccountFactory(state=State.ACTIVE, main_user__language=language)
    user = account.main_user
    terms.accept(TermsVersion.objects.get(number=1), user, timezone.now())
    version = publish_another()

    page.goto("/sign-in/")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label(words["password"]).fill(PASSWORD)
    page.get_by_role("button", name=words["sign in"], exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words["hello"])
    expect(page.locator("aside.banner")).to_contain_text(words["banner"])
    expect(page.locator(".due").get_by_role("link", name=words["due"])).to_have_attribute("href", "/terms/changes/")
    looks_well(page)

    page.locator("aside.banner").get_by_role("link", name=words["see"]).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words["title"])
    expect(page.get_by_role("main")).to_contain_text(words["short"])
    expect(page.locator(".changes del")).to_contain_text("Assen")
    expect(page.locator(".changes ins")).to_contain_text("Groningen")
    looks_well(page)
    assert heeded(user) == [(1, Heed.ACCEPTED), (2, Heed.SEEN)]
    page.goto("/relations/")  # looking is not acknowledging
    expect(page.locator("aside.banner")).to_be_visible()
    page.locator("aside.banner").get_by_role("link").click()

    page.get_by_role("button", name=words["read"]).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words["hello"])
    expect(page.get_by_role("status")).to_contain_text(words["thanks"])
    expect(page.locator("aside.banner")).to_have_count(0)
    expect(page.get_by_role("link", name=words["due"])).to_have_count(0)
    looks_well(page)
    page.goto("/terms/changes/")
    expect(page.get_by_role("heading", level=1)).to_have_text(words["known"])
    looks_well(page)
    assert heeded(user) == [(1, Heed.ACCEPTED), (2, Heed.SEEN), (2, Heed.ACKNOWLEDGED)]
    told = Entry.objects.get(event="terms.acknowledged")
    assert (told.account_reference, told.facts) == (account.reference, {"version": 2, "digest": version.digest})
    assert browsers.complaints == []


def heeded(user: User) -> list[tuple[int, str]]:
    """What is kept as evidence of who knows which version, oldest first."""
    rows = TermsAcknowledgement.objects.filter(user=user.reference).order_by("id")
    return list(rows.values_list("version__number", "kind"))
