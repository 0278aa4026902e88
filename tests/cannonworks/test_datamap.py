"""The data map is complete, or the project does not start (§4, §19)."""

from __future__ import annotations

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models
from django.test.utils import isolate_apps

from accounts.models import Account
from cannonworks import datamap, rules
from cannonworks.datamap import Category, Entry, Personal, Subject, complete
from cannonworks.rules import Age, Term

pytestmark = pytest.mark.clause("19")


def declare(model, **options) -> Entry:
    options = {
        "category": Category.RELATIONS,
        "subject": Subject.RELATION,
        "plain": frozenset({"id", "account"}),
        **options,
    }
    return Entry(model, **options)


def throw_away(**columns: models.Field) -> type[models.Model]:
    columns = {"account": models.ForeignKey(Account, models.PROTECT, related_name="+"), **columns}
    return type("Diary", (models.Model,), {"__module__": "relations.models", **columns})


def told(model, *entries) -> list[tuple[str, str]]:
    return [(error.id, error.msg) for error in complete([model], {entry.model: entry for entry in entries})]


@pytest.fixture(autouse=True)
def _apart():
    with isolate_apps("relations"):
        yield


def test_a_model_that_nobody_declared_is_refused():
    assert told(throw_away()) == [("datamap.E001", "relations.Diary is not in the data map.")]


def test_a_field_that_nobody_declared_is_refused():
    model = throw_away(thoughts=models.TextField(), mood=models.TextField())
    assert told(model, declare(model)) == [
        ("datamap.E002", "relations.Diary.mood is not in the data map."),
        ("datamap.E002", "relations.Diary.thoughts is not in the data map."),
    ]


def test_a_field_that_is_gone_declared_twice_or_without_its_account_is_refused():
    model = throw_away(mood=models.TextField())
    personal = {"mood": Personal("19")}
    assert told(model, declare(model, plain=frozenset({"id", "account", "mood", "gone"}), personal=personal)) == [
        ("datamap.E003", "relations.Diary.gone is in the data map but not in the model."),
        ("datamap.E004", "relations.Diary.mood is declared personal and plain."),
    ]
    assert told(model, declare(model, personal=personal, account="tenant")) == [
        ("datamap.E005", "relations.Diary.tenant must name the account of the row."),
    ]


def test_a_model_that_is_declared_well_is_fine():
    model = throw_away(mood=models.TextField())
    assert told(model, declare(model, personal={"mood": Personal("19")})) == []


def test_every_model_and_column_of_the_project_is_declared():
    assert datamap.check_data_map(None) == []


def test_a_project_with_an_undeclared_model_does_not_start(monkeypatch):
    from django.apps import apps
    from django.core.exceptions import ImproperlyConfigured

    monkeypatch.delitem(datamap._entries, ContentType)
    with pytest.raises(ImproperlyConfigured, match="contenttypes.ContentType is not in the data map"):
        apps.get_app_config("cannonworks").ready()


def test_what_is_outside_says_why():
    assert [entry.table for entry in datamap.entries() if entry.category is None and not str(entry.why)] == []
    # Of an address that lets its bearer in nobody sees the digest; it is nobody's data.
    assert {e.table for e in datamap.entries() if e.category is None and e.personal} == {"board_feed"}


@pytest.mark.clause("6")
def test_rows_that_point_at_others_go_first():
    order = [entry.model for entry in datamap.entries()]
    for entry in datamap.entries():
        for field in entry.model._meta.local_concrete_fields:
            if field.is_relation and field.related_model is not entry.model and field.related_model in order:
                assert order.index(entry.model) < order.index(field.related_model), (entry.model, field.related_model)


@pytest.mark.clause("6")
def test_what_goes_with_an_account_is_every_category_but_books_and_evidence():
    tables = {entry.table for entry in datamap.erasable(*Category) if entry.category not in ("bookkeeping", "evidence")}
    assert tables == {
        "account_emailaddress", "mfa_authenticator",
        "accounts_company", "accounts_plannedmail", "accounts_devicetoken", "accounts_invitation", "accounts_session", "accounts_usageday", "accounts_usageevent",
        "accounts_user", "processors_objection", "audits_audit", "audits_auditfile", "audits_auditor", "audits_proposal", "breaches_breachreport", "breaches_consultation", "breaches_meeting", "finance_document", "finance_line",
        "finance_mailing", "finance_numberseries", "finance_sharelink", "finance_shareopening",
        "accounts_dismissal", "accounts_newslettermail", "accounts_subscriber", "relations_employee", "relations_import",
        "relations_refusal", "relations_relation",
        "processors_disclosureorder", "processors_extractfile", "rights_correction", "rights_correctionwords", "rights_datareturn", "rights_letterscan", "rights_returnfile",
        "rights_subjectrequest",
    }  # fmt: skip
    assert datamap.erasable() == []
    assert [entry.table for entry in datamap.entries() if entry.leaves_by != "erasure"] == ["retention_statementmail"]


@pytest.mark.django_db
@pytest.mark.clause("6")
def test_every_row_of_an_account_is_found_by_an_index():
    without = []
    for entry in datamap.entries():
        if entry.category:
            with connection.cursor() as cursor:
                found = connection.introspection.get_constraints(cursor, entry.table)
            if not any(
                (c["index"] or c["unique"]) and c["columns"] and c["columns"][0] == entry.column for c in found.values()
            ):
                without.append(entry.table)
    assert without == []


def test_who_sees_what_follows_from_the_category():
    from accounts.models import Company, User
    from journal.models import Entry as JournalEntry
    from relations.models import Employee

    assert datamap.entry(Employee).seen_by("bsn") == ["main user"]
    assert datamap.entry(Employee).seen_by("last_name") == ["holder"]
    assert datamap.entry(Company).seen_by("kvk_number") == ["holder", "staff", "helper"]
    assert datamap.entry(User).seen_by("password") == []
    assert datamap.entry(JournalEntry).seen_by("facts") == ["holder", "staff"]


def test_no_field_of_people_is_left_to_the_holders_fancy():
    """§4: no custom fields; nothing that takes what it is given, where data subjects are kept."""
    for entry in datamap.entries(Category.RELATIONS, Category.EMPLOYEES):
        assert not [
            f.name
            for f in entry.model._meta.local_concrete_fields
            if isinstance(f, models.JSONField | models.TextField)
        ]


@pytest.mark.parametrize(
    ("model", "counted_from", "keep", "fits"),
    [
        ("finance.ShareLink", "expires_at", Term(days=1), True),
        ("finance.ShareOpening", "link__expires_at", Term(months=1), True),
        ("finance.ShareLink", "expires_at", Term(), False),  # what ends later today would be over
        ("finance.ShareLink", "digest", Term(days=1), False),
        ("finance.ShareLink", "expired_at", Term(days=1), False),
        ("finance.Sharing", "expires_at", Term(days=1), False),
        ("accounts.Notice", "shown_until", Term(days=1), False),  # of no account
    ],
)
def test_a_rule_of_age_counts_from_a_day_of_the_data_map(monkeypatch, model, counted_from, keep, fits):
    monkeypatch.setattr(rules, "AGES", (Age(model, counted_from, keep, clause="4", since="then"),))
    assert ["datamap.E008"] * (not fits) == [error.id for error in datamap.check_data_map(None)]
