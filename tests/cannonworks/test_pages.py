"""Pages of a list: every row once, whatever comes in between; cursors that tell nothing and fit nowhere else."""

from __future__ import annotations

import base64
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannonworks.pages import after
from relations.models import Relation
from tests.callers import API, browser, device, problem

pytestmark = pytest.mark.django_db
NAMES = ["Bakker", "Bakker", "Bakker", "de Boer", "Visser", "", "Ångström", "bakker", "Zijlstra"]


@pytest.fixture
def people(account):
    return [Relation.objects.create(account=account, last_name=name, city=str(n)) for n, name in enumerate(NAMES)]


def turn(client, limit, *, between=lambda page: None):
    address, pages = f"{API}/relations/?limit={limit}", []
    while address:
        answer = client.get(address).json()
        pages.append([row["city"] for row in answer["results"]])
        between(len(pages))
        address = answer["next"]
    return pages


def in_order():
    return list(Relation.objects.order_by("sort_name", "id").values_list("city", flat=True))


@pytest.mark.parametrize("limit", [1, 2, 3, 8, 9, 10, 200])
def test_every_row_comes_once_and_in_order(holder, people, limit):
    pages = turn(device(holder), limit)
    assert [name for page in pages for name in page] == in_order()
    assert len(pages) == -(-len(people) // limit)


def test_rows_that_come_and_go_in_between_shift_nothing(holder, account, people):
    before = in_order()

    def between(page):
        Relation.objects.create(account=account, last_name="Aa", city=f"new {page}")
        if page == 2:
            Relation.objects.filter(city=before[0]).delete()
            Relation.objects.filter(city=before[3]).delete()

    seen = [name for page in turn(device(holder), 2, between=between) for name in page]
    assert [name for name in seen if not name.startswith("new")] == before
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "", "1.5", "１", "99999999999999999999"])
def test_a_page_has_a_bound(holder, limit):
    told = problem(device(holder).get(f"{API}/relations/", {"limit": limit}), 400, "invalid")
    assert [error["pointer"] for error in told["errors"]] == ["#/limit"]


@pytest.mark.clause("3")
def test_a_cursor_tells_nothing_and_fits_no_other_list_or_user(holder, colleague, people):
    client = device(holder)
    address = client.get(f"{API}/relations/?limit=3").json()["next"]
    (cursor,) = parse_qs(urlsplit(address).query)["cursor"]
    assert b"Bakker" not in base64.urlsafe_b64decode(cursor + "==")
    assert client.get(f"{API}/relations/", {"cursor": cursor}).status_code == 200
    assert browser(holder).get(f"{API}/relations/", {"cursor": cursor}).status_code == 200
    for other, path, given_cursor in (
        (device(colleague), "relations", cursor),
        (client, "employees", cursor),
        (client, "relations", cursor[:-4]),
        (client, "relations", "x"),
        (client, "relations", "é!"),
    ):
        told = problem(other.get(f"{API}/{path}/", {"cursor": given_cursor}), 400, "invalid")
        assert [error["pointer"] for error in told["errors"]] == ["#/cursor"]


ROWS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2)), max_size=12, unique=True)


def matches(q, row):
    values = {}
    for child in q.children:
        values[id(child)] = matches(child, row) if hasattr(child, "children") else compare(*child, row)
    return (all if q.connector == "AND" else any)(values.values())


def compare(name, value, row):
    column, _dots, way = name.partition("__")
    found = row[("a", "b", "c").index(column)]
    return {"": found == value, "gt": found > value, "lt": found < value, "gte": found >= value, "lte": found <= value}[
        way
    ]


@given(rows=ROWS)
def test_after_is_what_sorting_puts_behind(rows):
    order = sorted(rows, key=lambda row: (row[0], -row[1], row[2]))
    for place, row in enumerate(order):
        behind = after(("a", "-b", "c"), row)
        assert [other for other in order if matches(behind, other)] == order[place + 1 :]
