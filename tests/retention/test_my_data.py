"""The page on which the holder sees all that is kept (§16, §19): complete, in a fixed number of queries, and quick."""

from __future__ import annotations

import re
import time
from datetime import date

import pytest
from django.db import connection
from django.utils import timezone

from accounts import promises
from accounts.models import Account, Session
from accounts.states import State
from cannonworks import datamap, isolation, rules
from cannonworks.datamap import Category
from relations.models import Relation
from relations.services import add_relation
from retention import my_data
from retention.outlook import outlook
from tests.callers import API, device
from tests.factories import AccountFactory, ColleagueFactory
from tests.lives import full_life, hold, rows, use

pytestmark = [pytest.mark.django_db, pytest.mark.clause("16"), pytest.mark.clause("19")]


def held(account: Account, user=None) -> dict[Category, my_data.Holding]:
    """What the holder is told, as the holder's database role finds it."""
    fates = outlook(account, on=date(2026, 3, 2))["fates"]
    with isolation.acting_as(isolation.of(user or account.main_user)):
        return {holding.category: holding for holding in my_data.holdings(account, fates)}


def words(response) -> str:
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


# --- Complete ------------------------------------------------------------------------------------------------


def test_every_table_that_a_holder_may_read_is_counted_and_none_of_another_account(outsider):
    account = full_life()
    readable = [entry for entry in datamap.entries() if entry.category and "SELECT" in entry.may.get("holder", "")]
    found = sum(holding.number for holding in held(account).values())
    assert found == sum(rows(account, *readable).values()) > 15
    assert sum(holding.number for holding in held(account, user=outsider).values()) == 0


def test_every_category_that_has_a_table_says_why_until_when_and_who_may_see_it():
    account = full_life()
    found = held(account)
    with_tables = {
        entry.category for entry in datamap.entries() if entry.category and "SELECT" in entry.may.get("holder", "")
    }
    assert found.keys() == with_tables
    assert {category for category, holding in found.items() if holding.fate is None} == set()
    assert all(holding.purpose and holding.viewers for holding in found.values())
    assert {str(holding.fate.erase_on) for holding in found.values()} >= {"2028-02-28"}
    assert promises.PURPOSES.keys() == set(Category)


def test_each_row_has_a_word_of_its_own():
    words_ = [kept.label for holding in held(full_life()).values() for kept in holding.kept]
    assert len(words_) == len(set(words_))
    assert not [word for word in words_ if word.islower()]


def test_who_may_see_what_follows_from_the_data_map(account):
    found = held(account)
    seen = {category: [viewer.who for viewer in holding.viewers] for category, holding in found.items()}
    assert seen[Category.RELATIONS] == ["Jij en je collega's"]
    assert seen[Category.EMPLOYEES] == ["Jij en je collega's", "De hoofdgebruiker, die opnieuw bewijst wie hij is"]
    assert found[Category.EMPLOYEES].viewers[1].fields == ("BSN",)
    assert seen[Category.ACCOUNT] == [
        "Jij en je collega's", "Onze mensen, voor zover hun werk dat vraagt", "Bedrijven die voor ons werken",
    ]  # fmt: skip
    assert len(found[Category.ACCOUNT].viewers[2].fields) == 2  # name and KvK number of the company
    assert seen[Category.USAGE] == ["Jij en je collega's"]


@pytest.mark.clause("17")
def test_single_events_say_that_they_go_after_twelve_months(account):
    use(account.main_user, at=timezone.now())
    kept = {kept.label: kept for kept in held(account)[Category.USAGE].kept}
    assert kept["Losse kliks en keren ingelogd"].going.period == "12 maanden na de klik of het inloggen"
    assert kept["Dagtotalen"].going is None


def test_what_goes_along_says_so_too():
    kept = {kept.label: kept for holding in held(full_life()).values() for kept in holding.kept}
    going = {label: row.going.age.model for label, row in kept.items() if row.going}
    assert (going.pop("Keren dat een link is geopend"), going.pop("Geweigerde regels uit bestanden")) == (
        "finance.ShareLink", "relations.Import",
    )  # fmt: skip
    readable = {rule.model for rule in rules.AGES} - {"retention.StatementMail", "processors.ExtractFile"}
    assert set(going.values()) == readable


# --- The page ------------------------------------------------------------------------------------------------


@pytest.mark.clause("5")
def test_the_main_user_sees_all_of_it_with_what_if_and_a_way_out(client, account, holder):
    client.force_login(holder)
    page = words(client.get("/my-data/"))
    for said in (
        "Alles wat we van Timmerbedrijf",
        "Hiervan is nog niets.",
        "Neem je gegevens mee",
        "binnen 15 dagen",
        "Als je vandaag opzegt",
        "Bekijk wie keek",
    ):
        assert said in page, said


def test_a_colleague_sees_what_is_theirs_and_no_button_that_is_not(client, account, colleague):
    client.force_login(colleague)
    page = words(client.get("/my-data/"))
    assert "Wat we bewaren" in page
    for said in ("Neem je gegevens mee", "Bekijk wie keek"):
        assert said not in page, said


@pytest.mark.clause("5 hold")
def test_what_is_held_says_so(client):
    account = AccountFactory(state=State.CANCELLED)
    hold(account, ["relations"], on=timezone.localdate())
    client.force_login(account.main_user)
    assert "Aangehouden; hieronder staat waarom." in words(client.get("/my-data/"))


def test_the_page_asks_as_much_of_a_large_account_as_of_a_small_one(client, account, holder, asks):
    client.force_login(holder)
    client.get("/my-data/")
    for count in (1, 3):
        for _n in range(count):
            add_relation(account, actor=holder, last_name="Visser")
            ColleagueFactory(account=account)
            use(holder, at=timezone.now())
        with asks(11):
            client.get("/my-data/")
    assert Session.objects.filter(user=holder).exists()


def test_counting_stops_where_a_number_says_enough(account, monkeypatch):
    monkeypatch.setattr(my_data, "MOST", 2)
    for _n in range(4):
        add_relation(account, actor=account.main_user, last_name="Visser")
    (kept,) = held(account)[Category.RELATIONS].kept
    assert (kept.number, kept.is_more) == (2, True)


def test_a_hundred_thousand_relations_cost_the_page_no_more(client, account, holder):
    many(account, 100_000)
    client.force_login(holder)
    assert "meer dan 10.000" in words(client.get("/my-data/"))
    begun = time.perf_counter()
    with isolation.acting_as(isolation.of(holder)):
        my_data._count(account, [datamap.entry(Relation)])
    assert time.perf_counter() - begun < 0.5  # a bound for any machine; what it is, is in docs/scaling.md


def many(account: Account, count: int) -> None:
    """So many relations, past the services."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO relations_relation (reference, account_id, first_name, initials, infix, last_name, gender,"
            " company_name, kvk_number, vat_number, sole_trader, email, phone, street, house_number, postcode, city, country,"
            " revision) SELECT gen_random_uuid(), %s, '', '', '', 'Visser ' || n, '', '', '', '', false, '', '', '', '', '', '',"
            " 'NL', 1 FROM generate_series(1, %s) n",
            [account.pk, count],
        )
        cursor.execute("ANALYZE relations_relation")


# --- The API -------------------------------------------------------------------------------------------------


def test_the_api_tells_the_same(account, holder):
    add_relation(account, actor=holder, last_name="Visser")
    told = {each["category"]: each for each in device(holder).get(f"{API}/my-data/").json()}
    assert told["relations"]["kept"] == [{"name": "Relations", "number": 1, "is_more": False, "removed_after": None}]
    assert told["relations"]["viewers"] == [{"who": "You and your colleagues", "data": []}]
    assert "Last name" in told["relations"]["data"]
    assert (told["relations"]["erase_on"], told["relations"]["clauses"]) == (None, ["19"])
    assert told["usage"]["kept"][1]["removed_after"] == "12 months after the click or sign-in"
