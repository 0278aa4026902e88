"""Two people change the same relation, or the same draft, at the same time: each in a browser of their own."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Account
from accounts.states import State
from finance.models import Document, DocumentKind
from finance.services import draft_document
from relations.services import add_relation
from tests.factories import AccountFactory, ColleagueFactory
from tests.journeys.conftest import DESKTOP, PHONE
from tests.journeys.test_holder import looks_well

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("1", "16")]
WORDS = {
    "nl": {
        "save": "Opslaan", "keep": "Bewaar concept", "town": "Plaats", "remarks": "Opmerkingen",
        "told": "Iemand anders heeft dit gewijzigd", "theirs": "Intussen door iemand anders bewaard:",
        "street": "Straat", "shown": "2 × 45,00", "empty": "leeg",
    },
    "en": {
        "save": "Save", "keep": "Save draft", "town": "Town", "remarks": "Remarks",
        "told": "Somebody else has changed this", "theirs": "Saved meanwhile by somebody else:",
        "street": "Street", "shown": "2 × 45.00", "empty": "empty",
    },
}  # fmt: skip


@pytest.fixture
def shared() -> Account:
    return AccountFactory(state=State.ACTIVE)


def pair(browsers, account: Account, language: str, viewport: dict, path: str) -> tuple[Page, Page]:
    """The same page, open in the browsers of a main user and of a colleague."""
    users = (account.main_user, ColleagueFactory(account=account))
    pages = [browsers(language, viewport, user) for user in users]
    for page in pages:
        page.goto(path)
    return pages[0], pages[1]


@pytest.mark.parametrize(("language", "viewport"), [("nl", PHONE), ("en", DESKTOP)])
def test_the_same_relation(browsers, shared, language, viewport):
    words = WORDS[language]
    relation = add_relation(shared, actor=shared.main_user, company_name="Bakkerij Smit", city="Emmen")
    first, second = pair(browsers, shared, language, viewport, f"/relations/{relation.reference}/change/")
    first.get_by_label(words["town"]).fill("Assen")
    first.get_by_role("button", name=words["save"], exact=True).click()
    expect(first.get_by_role("heading", level=1)).to_have_text("Bakkerij Smit")

    second.get_by_label(words["town"]).fill("Meppel")
    second.get_by_label(words["street"]).fill("Markt")
    second.get_by_role("button", name=words["save"], exact=True).click()
    expect(second.get_by_role("alert")).to_contain_text(words["told"])
    town = second.locator(".field", has=second.get_by_label(words["town"]))
    expect(town.locator(".theirs")).to_have_text(f"{words['theirs']} Assen")
    expect(second.get_by_label(words["town"])).to_have_value("Meppel")
    expect(second.get_by_label(words["street"])).to_have_value("Markt")
    looks_well(second)
    relation.refresh_from_db()
    assert (relation.city, relation.street) == ("Assen", "")

    second.get_by_role("button", name=words["save"], exact=True).click()
    expect(second.get_by_role("heading", level=1)).to_have_text("Bakkerij Smit")
    relation.refresh_from_db()
    assert (relation.city, relation.street) == ("Meppel", "Markt")
    assert browsers.complaints == []


@pytest.mark.parametrize(("language", "viewport"), [("nl", PHONE), ("en", DESKTOP)])
def test_the_same_draft(browsers, shared, language, viewport):
    words = WORDS[language]
    lines = [{"description": "Kozijn", "quantity": 1, "unit_price": 40, "vat_rate": "21"}]
    draft = draft_document(
        shared, actor=shared.main_user, kind=DocumentKind.INVOICE, lines=lines, recipient_name="Noor Visser"
    )
    first, second = pair(browsers, shared, language, viewport, f"/documents/{draft.reference}/change/")
    first.locator("#id_remarks").fill("Graag contant")
    first.locator("#id_line-0-quantity").fill("2")
    first.locator("#id_line-0-unit_price").fill("45")
    first.get_by_role("button", name=words["keep"]).last.click()
    expect(first.get_by_role("main")).to_contain_text("Graag contant")

    second.locator("#id_remarks").fill("Dank je wel")
    second.locator("#id_line-0-description").fill("Kozijn van eiken")
    second.get_by_role("button", name=words["keep"]).last.click()
    expect(second.get_by_role("alert").first).to_contain_text(words["told"])
    remarks = second.locator(".field", has=second.locator("#id_remarks"))
    expect(remarks.locator(".theirs")).to_have_text(f"{words['theirs']} Graag contant")
    expect(second.locator("#lines .theirs")).to_contain_text(words["theirs"])
    expect(second.locator("#lines .theirs")).to_contain_text("Kozijn")
    expect(second.locator("#lines .theirs")).to_contain_text(words["shown"])
    expect(second.locator("#id_remarks")).to_have_value("Dank je wel")
    expect(second.locator("#id_line-0-description")).to_have_value("Kozijn van eiken")
    looks_well(second)
    assert [line.description for line in draft.lines.all()] == ["Kozijn"]

    second.get_by_role("button", name=words["keep"]).last.click()
    expect(second.get_by_role("main")).to_contain_text("Kozijn van eiken")
    saved = Document.objects.get()
    assert (saved.remarks, saved.lines.get().description) == ("Dank je wel", "Kozijn van eiken")
    assert browsers.complaints == []
