"""How many requests there were in each year: numbers of all customers, for everybody (§8)."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from django.core.files.base import ContentFile
from django.db import ProgrammingError, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import User
from cannonworks import isolation
from processors import disclosing, disclosure_counts
from processors.models import Disclosure, DisclosureCount
from processors.tasks import count_disclosures
from tests.cast import member

pytestmark = [pytest.mark.django_db, pytest.mark.clause("8")]
FIELDS = ["accounts.Company.email", "accounts.Company.phone"]


@pytest.fixture
def officer(db) -> User:
    return member("Privacy officer")


@pytest.fixture
def asked(account, officer):
    """Have a request come in a year, and be decided on by somebody else."""
    other = member("Privacy officer", first_name="Piet")

    def ask(year: int, asker: str = "police", decision: str = "", given=FIELDS, month: int = 6, **gag) -> Disclosure:
        at = datetime(year, month, 1, 12, tzinfo=UTC)
        row = disclosing.register(
            actor=officer, account=account, asker=asker, office="x", channel="x", received_at=at, at=at, basis="x",
            order=ContentFile(b"%PDF-1.7"), asked_fields=FIELDS, given_fields=given,
        )  # fmt: skip
        return disclosing.decide(row, actor=other, decision=decision, reason="x", at=at, **gag) if decision else row

    return ask


def count(on: date) -> int:
    with isolation.acting_as(isolation.JOBS):
        return disclosure_counts.count(on=on)


def years(on: date) -> list[dict]:
    with isolation.acting_as(isolation.VISITOR):
        return disclosure_counts.as_json(disclosure_counts.counted(on=on))["years"]


def numbers(found: dict) -> tuple[int, ...]:
    return tuple(found[name] for name in ("year", "asked", "granted", "in_part", "refused", "waiting"))


def test_each_outcome_is_counted_by_who_asked_and_a_year_without_any_is_zero(asked):
    asked(2024, "tax", "give")
    count(date(2024, 12, 31))
    asked(2026, decision="give", given=FIELDS[:1])
    asked(2026, decision="refuse")
    asked(2026, "court")
    asked(2026, decision="give", gag_basis="Sv 126bb", gag_until=date(2030, 1, 1))
    assert count(date(2026, 11, 22)) == 4
    assert count(date(2026, 11, 22)) == 4  # as often as one likes
    found = years(date(2026, 11, 22))
    assert [numbers(each) for each in found] == [(2026, 4, 1, 1, 1, 1), (2025, 0, 0, 0, 0, 0), (2024, 1, 1, 0, 0, 0)]
    assert found[0]["by_asker"]["police"] == {"granted": 1, "in_part": 1, "refused": 1, "waiting": 0}
    assert found[0]["by_asker"]["tax"] == {"granted": 0, "in_part": 0, "refused": 0, "waiting": 0}


def test_a_year_is_that_of_amsterdam(asked):
    row = asked(2026)
    Disclosure.objects.filter(pk=row.pk).update(received_at=datetime(2025, 12, 31, 22, 59, tzinfo=UTC))
    count(date(2026, 1, 2))
    assert [numbers(each)[:2] for each in years(date(2026, 1, 2))] == [(2026, 0), (2025, 1)]
    Disclosure.objects.filter(pk=row.pk).update(received_at=datetime(2025, 12, 31, 23, 0, tzinfo=UTC))
    count(date(2026, 1, 2))
    assert [numbers(each)[:2] for each in years(date(2026, 1, 2))] == [(2026, 1), (2025, 0)]


def test_an_old_year_stays_when_its_requests_are_gone(asked):
    row = asked(2024, decision="refuse")
    count(date(2025, 1, 1))
    Disclosure.objects.filter(pk=row.pk).delete()
    count(date(2026, 1, 1))
    assert [numbers(each)[:2] for each in years(date(2026, 1, 1))] == [(2026, 0), (2025, 0), (2024, 1)]


def test_what_was_not_counted_is_not_zero(client):
    assert years(date(2026, 1, 1)) == []
    assert "nog niet geteld" in client.get("/disclosures/").content.decode()


def test_no_number_moves_at_the_moment_of_a_step_and_nobody_reaches_a_request_by_them(asked):
    """Of a request that must stay secret the holder sees no trace while it is dealt with; only nights later a total."""
    count(date(2026, 11, 21))
    before = years(date(2026, 11, 22))
    asked(2026, decision="give", gag_basis="Sv 126bb", gag_until=date(2030, 1, 1))
    assert years(date(2026, 11, 22)) == before
    columns = {field.name for field in DisclosureCount._meta.local_concrete_fields}
    assert columns == {"id", "year", "asker", "granted", "in_part", "refused", "waiting", "counted_on"}
    with isolation.acting_as(isolation.VISITOR), pytest.raises(ProgrammingError), transaction.atomic():
        Disclosure.objects.count()
    with isolation.acting_as(isolation.VISITOR), pytest.raises(ProgrammingError), transaction.atomic():
        DisclosureCount.objects.update(granted=0)


@pytest.mark.parametrize(("language", "words"), [
    ("nl", ("Wat anderen ons vroegen", "Deels", "Politie of Openbaar Ministerie")),
    ("en", ("What others asked of us", "In part", "Police or public prosecutor")),
])  # fmt: skip
def test_everybody_reads_them_in_both_languages_as_page_pdf_and_json(asked, holder, language, words):
    asked(timezone.localdate().year, decision="give", given=FIELDS[:1], month=1)
    with isolation.acting_as(isolation.JOBS):
        assert count_disclosures() == 1
    for client in (Client(), Client()):
        client.cookies["django_language"] = language
        page = client.get("/disclosures/").content.decode()
        assert [word for word in words if word not in page] == []
        pdf = client.get("/disclosures/disclosures.pdf")
        assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
        assert f"disclosures-{language}.pdf" in pdf["Content-Disposition"]
        told = json.loads(client.get("/disclosures/disclosures.json").content)
        assert (told["form"], told["years"][0]["in_part"]) == ("cannonworks.disclosures/1", 1)
        client.force_login(holder)


def test_the_page_asks_once(asked, django_assert_num_queries):
    for year in (2024, 2026):
        asked(year)
        count(date(year, 11, 22))
    with django_assert_num_queries(1):
        disclosure_counts.counted(on=date(2026, 11, 22))
