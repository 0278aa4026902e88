"""The privacy statement and the record are made of rules, data map and registers: what changes there, changes them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from io import BytesIO

import pypdf
import pytest
from django.test import Client
from django.utils import timezone, translation
from django.utils.functional import Promise

from accounts import texts
from accounts.models import Company
from accounts.promises import goings
from cannonworks import datamap, rules
from cannonworks.datamap import Category, Personal
from cannonworks.publications import pdf_of
from cannonworks.rules import Rule, Term
from processors import publishing
from processors.models import Mechanism, SubProcessor
from tests import registers
from tests.audits import keepers

ON = date(2026, 3, 1)
pytestmark = [pytest.mark.django_db, pytest.mark.clause("15"), pytest.mark.clause("19")]


def record(*, on):
    return publishing.record(on=on).paper


def text_of(paper) -> str:
    return str(paper.as_data())


@pytest.fixture(params=["nl", "en"])
def language(request):
    with translation.override(request.param):
        yield request.param


def test_every_personal_field_of_the_data_map_is_in_it_by_its_label(language):
    said = text_of(publishing.privacy(on=ON))
    missing = [
        f"{entry.model.__name__}.{name}"
        for entry in datamap.entries()
        if entry.category
        for name in entry.told
        if str(entry.label(name)) not in said
    ]
    assert missing == []


def test_what_the_database_makes_of_other_fields_is_not_told_again(language):
    made = [(entry, name) for entry in datamap.entries() for name in entry.personal.keys() - entry.told]
    assert {name for _entry, name in made} == {"sort_name", "sort_town", "search_text"}
    said = text_of(publishing.privacy(on=ON))
    assert [name for entry, name in made if str(entry.label(name)) in said] == []


def test_every_personal_field_has_a_label_that_is_translated():
    unnamed = [
        f"{entry.model.__name__}.{name}"
        for entry in datamap.entries()
        if entry.category
        for name in entry.personal
        if not isinstance(entry.label(name), Promise)
    ]
    assert unnamed == [], "give the field a verbose_name in the model, or a label in privacy.py: _(…)"


@pytest.mark.parametrize("make", [publishing.privacy, record])
def test_every_term_of_every_rule_is_in_it(language, make):
    said = text_of(make(on=ON))
    terms = {str(term) for rule in rules.RULES for term in (rule.keep, rule.erase) if term and term != Term()}
    assert [term for term in terms if term not in said] == []
    assert str(rules.BACKUPS_KEPT) in said
    assert f"verwijderd na {rules.RETURNS_KEPT}" in said or f"removed after {rules.RETURNS_KEPT}" in said
    assert all(f"§{rule.clause}" in said for rule in rules.RULES)


def test_another_field_comes_by_at_once(monkeypatch):
    entry = datamap.entry(Company)
    shoe = entry.personal | {"sole_trader": Personal("19 Personalia 9", label="schoenmaat")}
    monkeypatch.setitem(datamap._entries, Company, replace(entry, personal=shoe))
    datamap._in_order.cache_clear()
    try:
        with translation.override("nl"):
            assert "schoenmaat" in text_of(publishing.privacy(on=ON))
            assert "schoenmaat" in text_of(record(on=ON))
    finally:
        monkeypatch.undo()
        datamap._in_order.cache_clear()


def test_another_rule_comes_by_at_once(monkeypatch, client):
    rule = Rule(
        "poems", clause="5.9", categories=(Category.USAGE,), counted_from="next_year_on", keep=Term(days=41),
        erase=Term(days=43), why="Gedichten gaan voor.",
    )  # fmt: skip
    monkeypatch.setattr(rules, "RULES", (*rules.RULES, rule))
    for path in ("/privacy/", "/record/", "/what-we-do/"):
        page = client.get(path).content.decode()
        for said in ("41 dagen", "43 dagen", "§5.9", "Gedichten gaan voor."):
            assert said in page, (path, said)


@pytest.mark.parametrize("make", [publishing.privacy, record])
@pytest.mark.clause("2", "3", "17")
def test_all_that_goes_by_itself_is_in_it(language, make):
    said = text_of(make(on=ON))
    assert len(goings()) == len(rules.AGES) > 7
    assert [each.age.model for each in goings() if each.what not in said or each.period not in said] == []
    assert {"nl": "12 maanden na de klik of het inloggen", "en": "12 months after the click or sign-in"}[
        language
    ] in said


def test_another_rule_of_age_comes_by_at_once(monkeypatch, client):
    poems = replace(rules.age("accounts.UsageEvent"), keep=Term(days=47), since="het gedicht", clause="5.9")
    monkeypatch.setattr(rules, "AGES", (*rules.AGES[1:], poems))
    for path in ("/privacy/", "/record/"):
        page = client.get(path).content.decode()
        for said in ("47 dagen na het gedicht", "§5.9"):
            assert said in page, (path, said)
    assert "47 dagen na het gedicht" in texts.render("text", "nl")


@pytest.mark.clause("9", "11")
def test_sub_processors_are_public_with_role_and_place(client):
    house = registers.house()
    registers.house("Paper Plane", role="mail", country="US", categories=["account"])
    registers.house("Straks", stage="announced")
    SubProcessor.objects.filter(name="Straks").update(stage="announced", active_from=date(2026, 4, 1))
    SubProcessor.objects.create(name="Nog in gesprek", role="mail")
    gone = registers.house("Was ooit")
    SubProcessor.objects.filter(pk=gone.pk).update(stage="ended", ended_on=ON)
    for path in ("/privacy/", "/record/"):
        page = client.get(path).content.decode()
        for said in (
            "Noorderhost",
            "Servers, databases en hosting",
            "Nederland",
            "Verenigde Staten, buiten de EER",
            "Straks",
            "vanaf 1 april 2026",
            "Je account",
        ):
            assert said in page, said
        assert "Nog in gesprek" not in page
        assert "Was ooit" not in page
    assert "art. 46" in client.get("/record/").content.decode()
    SubProcessor.objects.filter(pk=house.pk).update(country="DE")
    assert "Duitsland" in client.get("/privacy/").content.decode()


@pytest.mark.clause("11")
def test_without_any_outside_the_record_says_that_there_is_none(client):
    assert "Geen: ze zitten allemaal in de Europese Economische Ruimte." in client.get("/record/").content.decode()


@pytest.mark.parametrize("path", ["/privacy/", "/record/", "/what-we-do/", "/verify/", "/terms/"])
def test_whoever_is_signed_in_reads_the_same(client, holder, staff, path):
    visitor = Client().get(path)
    client.force_login(holder)
    assert visitor.status_code == client.get(path).status_code == 200
    client.force_login(staff)
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("make", [publishing.privacy, record])
def test_it_takes_two_queries(django_assert_num_queries, make):
    for name in ("Noorderhost", "Zuiderhost"):
        registers.house(name)
        keepers.in_place(keepers.keeper())
    with django_assert_num_queries(2):
        make(on=ON)


@pytest.mark.clause("7")
@pytest.mark.parametrize("make", [publishing.privacy, record])
def test_measures_are_told_once_they_are_in_place(language, make):
    officer = keepers.keeper()
    assert {"nl": "eigen sleutel", "en": "a key of its own"}[language] in text_of(make(on=ON))
    keepers.in_place(officer, title_nl="Deuren op slot", title_en="Doors locked")
    keepers.in_place(officer, title_nl="Geheim slot", title_en="Secret lock", is_public=False)
    said = text_of(make(on=ON))
    assert {"nl": "Deuren op slot", "en": "Doors locked"}[language] in said
    assert {"nl": "Geheim slot", "en": "Secret lock"}[language] not in said


@pytest.mark.parametrize("who", ["visitor", "holder", "colleague", "staff", "helper"])
def test_everybody_reads_the_same_text(client, who, request):
    registers.house()
    keepers.in_place(keepers.keeper(), at=timezone.now())
    if who == "helper":
        client.force_login(registers.helper(SubProcessor.objects.get()).user)
    elif who != "visitor":
        client.force_login(request.getfixturevalue(who))
    for path in ("/privacy/", "/record/"):
        page = client.get(path).content.decode()
        assert "Noorderhost" in page
        assert "Deuren op slot" in page


def test_our_data_protection_officer_is_named_where_there_is_one(settings, client):
    assert "Functionaris" not in client.get("/record/").content.decode()
    settings.DATA_PROTECTION_OFFICER = "FG, fg@cannonworks.example"
    for path in ("/privacy/", "/record/"):
        assert "fg@cannonworks.example" in client.get(path).content.decode()


def test_the_record_is_there_for_programs(client):
    registers.house("Paper Plane", role="mail", country="US", categories=["account"])
    keepers.in_place(keepers.keeper())
    said = client.get("/record/record.json").json()
    assert list(said) == [
        "form", "on", "language", "processor", "controllers", "processing", "data", "sub_processors", "measures",
        "retention",
    ]  # fmt: skip
    assert (said["form"], said["language"]) == ("cannonworks.record/1", "nl")
    assert said["sub_processors"] == [
        {
            "name": "Paper Plane", "role": "mail", "role_label": "Bezorgen van mail", "country": "US",
            "place": "Verenigde Staten, buiten de EER", "in_eea": False, "stage": "active", "from": "2020-01-01",
            "categories": ["account"], "categories_label": str(Category.ACCOUNT.label),
            "agreement_signed_on": "2020-01-01",
            "transfer": {
                "country": "US", "country_label": "Verenigde Staten", "mechanism": "clauses",
                "mechanism_label": str(Mechanism.CLAUSES.label), "valid_until": None,
            },
        }
    ]  # fmt: skip
    assert said["measures"][0]["controls"] == ["5.15", "7.2", "7.10"]
    assert {each["category"] for each in said["data"]} >= {"account", "relations", "employees", "documents"}


@pytest.mark.parametrize("make", [publishing.privacy, record])
def test_the_pdf_says_the_same(language, make):
    registers.house()
    paper = make(on=ON)
    reader = pypdf.PdfReader(BytesIO(pdf_of(paper)))
    said = " ".join(" ".join(page.extract_text().split()) for page in reader.pages)
    assert paper.title in said
    assert "Noorderhost" in said
    for chapter in paper.chapters:
        assert " ".join(chapter.title.split()) in said


def test_the_pdf_comes_with_its_name(client):
    response = client.get("/privacy/privacy.pdf")
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'inline; filename="cannonworks-privacy-nl.pdf"'
    assert response.content.startswith(b"%PDF")
