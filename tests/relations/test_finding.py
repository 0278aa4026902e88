"""Lists of people: search, filters and orders, and that nobody searches another account (§3, §7)."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test import RequestFactory

from cannonworks.datamap import Role
from cannonworks.isolation import Identity, acting_as
from cannonworks.listing import listing
from cannonworks.pages import backwards, place_of, rows_from
from relations.finding import ORDERS, Choice, people
from relations.models import Employee, Relation
from relations.services import add_employee, add_relation, restrict_person
from tests.factories import StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.clause("3")]
NAME, TOWN, NEWEST = ORDERS
EVERY = "SELECT people_found(%s, %s, NULL, NULL, 'name', false, NULL, NULL, NULL, 50)"


@contextmanager
def as_holder(user):
    with acting_as(Identity(Role.HOLDER, user.account_id, user.pk)):
        yield


def relation(account, **fields) -> Relation:
    return add_relation(account, actor=account.main_user, **fields)


@pytest.fixture
def few(account):
    relation(account, company_name="Bakkerij Müller", first_name="Zoë", last_name="Müller", city="Meppel")
    relation(account, first_name="Sanne", infix="de", last_name="Vries", city="’s-Hertogenbosch", postcode="5211 ab")
    relation(account, first_name="Noor", last_name="Visser", email="noor@visser.example", phone="0592-123456")
    relation(account, company_name="visser & Zoon", city="Assen", kvk_number="12345678", street="100% straat")
    return account


def found(user, search="", order=NAME, model=Relation, **choice) -> list[str]:
    with as_holder(user):
        rows = rows_from(people(model, user, Choice(search, **choice)), order.columns, None, 50)
    return [str(row) for row in rows]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("visser", ["visser & Zoon", "Noor Visser"]),
        ("VISS", ["visser & Zoon", "Noor Visser"]),
        ("muller", ["Bakkerij Müller"]),
        ("MÜLLER zoe", ["Bakkerij Müller"]),
        ("kerij", ["Bakkerij Müller"]),
        ("zo", ["Bakkerij Müller", "visser & Zoon"]),  # short: how a word begins
        ("er", []),
        ("noor@visser", ["Noor Visser"]),
        ("0592-12 34 56", ["Noor Visser"]),
        ("+31 592 123456", ["Noor Visser"]),
        ("5211AB", ["Sanne de Vries"]),
        ("5211 AB", ["Sanne de Vries"]),
        ("12345678", ["visser & Zoon"]),
        ("sanne assen", []),
        ("100%", ["visser & Zoon"]),
        ("%", []),
        ("_", []),
        ("\\", []),
        ("&", []),  # no letter or digit: such a word counts for nothing
        ("\u0301", []),
        ("visser & zoon", ["visser & Zoon"]),
        ("müller - zoë", ["Bakkerij Müller"]),
        ("visser 100%", ["visser & Zoon"]),
        ("visser 10_", []),
        ("zo as", ["visser & Zoon"]),
        ("'; DROP TABLE x; --", []),
        ("   ", ["Bakkerij Müller", "visser & Zoon", "Noor Visser", "Sanne de Vries"]),
    ],
)
def test_words_are_found_where_they_are(few, words, names):
    assert found(few.main_user, words) == names


def test_lists_have_three_orders(few):
    user = few.main_user
    by_name = ["Bakkerij Müller", "visser & Zoon", "Noor Visser", "Sanne de Vries"]
    assert found(user) == by_name
    assert found(user, order=TOWN) == ["visser & Zoon", "Bakkerij Müller", "Sanne de Vries", "Noor Visser"]
    assert found(user, order=NEWEST) == ["visser & Zoon", "Noor Visser", "Sanne de Vries", "Bakkerij Müller"]
    for order in ORDERS:
        assert found(user, "a", order) == [name for name in found(user, order=order) if name in found(user, "a")]


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.name)
@pytest.mark.parametrize("search", ["", "straat"])
@pytest.mark.parametrize("back", [False, True])
def test_pages_of_a_search_go_on_where_the_one_before_ended(account, order, search, back):
    user, columns = account.main_user, backwards(order.columns) if back else order.columns
    for number in range(7):
        relation(account, last_name="Vos" if number % 3 else "Bos", city="Assen" if number % 2 else "", street="Straat")
    with as_holder(user):
        chosen = people(Relation, user, Choice(search))
        whole, place, seen = rows_from(chosen, columns, None, 50), None, []
        while page := rows_from(chosen, columns, place, 2):
            seen += page
            place = place_of(page[-1], columns)
    assert len(whole) == 7
    assert seen == whole


MANY = """
INSERT INTO relations_relation (reference, account_id, first_name, initials, infix, last_name, gender, company_name,
                                kvk_number, vat_number, sole_trader, email, phone, street, house_number, postcode, city,
                                country)
SELECT gen_random_uuid(), %s, 'Jan', '', '', 'Aap' || k, '', '', '', '', false, '', '', 'Straat', '', '', 'Aalten', 'NL'
FROM generate_series(1, 2100) AS k
UNION ALL
SELECT gen_random_uuid(), %s, CASE WHEN k % 90 = 0 THEN 'Ypke' ELSE 'Jan' END, '', '', 'Zwaan', '', '', '', '', false,
       '', '', CASE WHEN k % 60 = 0 THEN '50% a_b' ELSE 'Straat' END, '', '',
       CASE WHEN k % 3 = 0 THEN 'Yde' ELSE 'Zwolle' END, 'NL'
FROM generate_series(1, 270) AS k
"""
#: Of them 2,100 come first in names and towns, and the last 270 are the newest, too many for one page.
AMONG_MANY = {
    "jan": 51, "ypke": 3, "zwaan": 51, "nobody": 0,
    "straat zwolle": 51, "zwolle straat zwaan": 51, "yde straat": 51, "jan yde": 51, "jan aap": 51, "ypke yde": 3,
    "jan straat": 51, "jan ypke": 0, "ypke zwaan": 3, "ypke zwolle": 0, "aap1 jan": 51, "aap21 straat": 12,
    "yde zwaan": 51, "zwolle zwaan": 51, "aap zwaan": 0, "jan zwaan straat zwolle": 51,
    "z": 51, "ja": 51, "y z": 51, "yp yd": 3, "q": 0,
    "50%": 4, "% zwaan": 51, "a_b": 4, "zwa_n": 0, "z%n yde": 0, "a_b yde": 4, "a_b zwolle": 0, "\\ ypke": 3,
}  # fmt: skip


@pytest.fixture
def many(account):
    with connection.cursor() as cursor:
        cursor.execute(MANY.replace("% ", "%% ").replace("%%s", "%s"), [account.pk, account.pk])
    return account


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.name)
def test_words_are_found_among_many_wherever_in_the_order_they_are(many, order):
    rows = list(Relation.objects.filter(account=many).values())
    chosen = {words: people(Relation, many.main_user, Choice(words)) for words in AMONG_MANY}
    for columns, is_back in ((order.columns, False), (backwards(order.columns), True)):
        rows.sort(key=lambda row: tuple(row[name] for name in order.columns), reverse=is_back)
        for words, number in AMONG_MANY.items():
            wanted = [row["id"] for row in rows if has(row["search_text"], words)]
            with as_holder(many.main_user):
                first = rows_from(chosen[words], columns, None, 51)
                rest = rows_from(chosen[words], columns, place_of(first[49], columns), 51) if number > 50 else []
            assert [row.pk for row in first] == wanted[:51], words
            assert [row.pk for row in rest] == wanted[50:101], words
            assert len(first) == number, words


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.name)
def test_behind_a_place_from_which_everybody_went_nobody_is_found(account, order):
    place = ["assen", "vos", 1][-len(order.columns) :]
    with as_holder(account.main_user):
        for columns in (order.columns, backwards(order.columns)):
            assert rows_from(people(Relation, account.main_user, Choice("vos")), columns, place, 51) == []


def has(text: str, words: str) -> bool:
    """Whether all words are in a text: those of one or two letters at the beginning of a word of it."""
    said = [word for word in words.split() if any(sign.isalnum() for sign in word)]
    return all((word if len(word) > 2 else f" {word}") in text for word in said)


@pytest.mark.clause("15")
def test_filters_narrow_a_list_and_a_search(few, account):
    restrict_person(Relation.objects.get(first_name="Noor"), actor=few.main_user, on=date(2026, 3, 1))
    user = few.main_user
    assert found(user, restricted=True) == found(user, "visser", restricted=True) == ["Noor Visser"]
    assert found(user, "visser", restricted=False) == ["visser & Zoon"]
    assert len(found(user, restricted=False)) == 3
    for name, kind in (("Tom", "employee"), ("Kees", "contractor")):
        add_employee(account, actor=user, last_name=name, kind=kind)
    assert (
        found(user, model=Employee, kind="contractor")
        == found(user, "ke", model=Employee, kind="contractor")
        == ["Kees"]
    )
    assert found(user, "kees", model=Employee, kind="employee") == []
    assert found(user, "kees", model=Employee, kind="contractor") == ["Kees"]
    assert found(user, "visser", model=Employee) == []


def test_a_list_takes_one_query_and_a_search_two_at_most(few, rf: RequestFactory, django_assert_num_queries):
    request = rf.get("/relations/")
    request.user = user = few.main_user
    for search, queries in (("", 1), ("visser", 2), ("nobody here", 1)):
        with as_holder(user), django_assert_num_queries(queries):
            listing(request, people(Relation, user, Choice(search)), ORDERS)


# --- Nobody else's account -----------------------------------------------------------------------------------


def keys(words, whom="relation") -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(EVERY, [whom, words])
        return [key for (key,) in cursor.fetchall()]


@pytest.mark.clause("7", "8")
def test_a_search_looks_through_the_account_of_the_request_alone(few, outsider):
    own = relation(outsider.account, last_name="Visser")
    with as_holder(outsider):
        assert keys(["visser"]) == [own.pk]
        assert keys([]) == [own.pk]
    with as_holder(few.main_user):
        assert own.pk not in keys([])
        assert len(keys(["visser"])) == 2


@pytest.mark.clause("7", "8", "10")
@pytest.mark.parametrize("role", [role for role in Role if role != Role.HOLDER])
@pytest.mark.parametrize("named", [True, False])
def test_no_other_role_searches_at_all(few, role, named):
    account = few.pk if named else None
    refused = pytest.raises(ProgrammingError, match="permission denied for function people_found")
    with acting_as(Identity(role, account, StaffFactory().pk)), refused, transaction.atomic():
        keys(["visser"])


@pytest.mark.clause("7")
def test_without_an_account_nothing_is_found(few):
    with acting_as(Identity(Role.HOLDER, None, few.main_user.pk)):
        assert keys(["visser"]) == []


@pytest.mark.clause("7")
@pytest.mark.parametrize("whom", ["relation WHERE true --", "nobody", "", "Relation"])
def test_no_other_table_is_searched(few, whom):
    with as_holder(few.main_user):
        assert keys(["visser"], whom) == []


@pytest.mark.clause("7")
def test_words_are_words_and_no_statement(few, outsider):
    relation(outsider.account, last_name="Visser")
    with as_holder(outsider):
        for word in ("' OR true --", "%' OR '1'='1", "$$", "\\' OR true --"):
            assert keys([word]) == []
