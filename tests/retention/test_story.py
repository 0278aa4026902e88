"""The page of promises tells the periods of the rules, drawn from the same schedule as the sweep (§5, §6)."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import translation

from cannonworks import rules, signing
from retention import story

ON = date(2026, 3, 1)
pytestmark = [pytest.mark.django_db, pytest.mark.clause("5")]


@pytest.fixture(autouse=True)
def _dutch():
    with translation.override("nl"):
        yield


def test_the_examples_end_on_the_days_of_the_rules():
    told = {each.key: each.days for each in story.stories(on=ON)}
    everything, evidence, books = "Alles in je account", "Bewijs, zonder namen", "Onze facturen aan jou"
    assert told == {
        "trial": ((date(2028, 3, 1), everything), (date(2033, 3, 1), evidence)),
        "cancelled": ((date(2028, 3, 1), everything), (date(2033, 3, 1), evidence), (date(2034, 1, 1), books)),
        "letter": ((date(2026, 3, 1), everything), (date(2031, 3, 1), evidence), (date(2034, 1, 1), books)),
    }


def test_the_promises_name_the_terms_of_rules_and_clocks():
    said = " ".join(vow.text for vow in story.vows())
    for term in (
        rules.rule("cancelled").erase,
        rules.BACKUPS_KEPT,
        rules.RETURNS_KEPT,
        "90, 30 en 7",
        "48 uur",
        "15 dagen",
    ):
        assert str(term) in said


def test_another_term_changes_the_promises(monkeypatch):
    monkeypatch.setattr(rules, "BACKUPS_KEPT", rules.Term(months=7))
    assert "7 maanden" in " ".join(vow.text for vow in story.vows())


def test_each_promise_leads_to_a_page_that_is_there(client):
    page = client.get("/what-we-do/").content.decode()
    for address in ("/verify/", "/privacy/#sub-processors", "/terms/", "/record/", "/security.md"):
        assert f'href="{address}"' in page
        assert client.get(address).status_code == 200


@pytest.mark.clause("6")
def test_the_public_key_is_there_to_verify_statements_with(client):
    key = signing.to_pem(signing.public_key())
    page = client.get("/verify/").content.decode()
    assert signing.key_id(signing.public_key()) in page
    assert key.splitlines()[1] in page
    assert client.get("/verify/statement-key.pem").content.decode() == key
