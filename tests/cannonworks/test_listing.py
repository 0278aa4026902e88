"""Lists in a browser: every row once, back and forth, and addresses that tell nothing."""

from __future__ import annotations

import base64
import re
from itertools import chain
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from django.conf import settings as conf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.states import State
from cannonworks.listing import Order, listing, search_address, searched
from relations.models import Relation
from tests.factories import AccountFactory

BY_NAME = Order("name", "Name", ("last_name", "id"))
NEWEST = Order("new", "Newest", ("-id",))


def page(rf, user, query="", size=3):
    request = rf.get(f"/relations/{query}")
    request.user = user
    return listing(request, Relation.objects.all(), (BY_NAME, NEWEST), size=size)


def names(found):
    return [row.last_name for row in found.rows]


@pytest.fixture
def people(account):
    return [Relation.objects.create(account=account, last_name=name) for name in "CABBBDE"]


@pytest.mark.django_db
def test_pages_go_on_to_the_end_and_back_to_the_beginning(rf, holder, people):
    first = page(rf, holder)
    second = page(rf, holder, first.next)
    third = page(rf, holder, second.next)
    assert [names(each) for each in (first, second, third)] == [["A", "B", "B"], ["B", "C", "D"], ["E"]]
    assert (first.previous, third.next) == ("", "")
    assert (first.has_pages, second.has_pages) == (True, True)
    assert names(page(rf, holder, third.previous)) == ["B", "C", "D"]
    back = page(rf, holder, page(rf, holder, third.previous).previous)
    assert names(back) == ["A", "B", "B"]
    assert (back.previous, bool(back.next)) == ("", True)


@pytest.mark.django_db
def test_an_order_is_chosen_by_its_name_and_the_usual_one_is_the_first(rf, holder, people):
    assert names(page(rf, holder, "?order=new")) == ["E", "D", "B"]
    assert names(page(rf, holder, "?order=evil")) == ["A", "B", "B"]


@pytest.mark.django_db
def test_a_short_list_has_no_pages_and_an_empty_one_no_rows(rf, holder, account):
    assert not page(rf, holder).has_pages
    Relation.objects.create(account=account, last_name="A")
    found = page(rf, holder)
    assert (names(found), found.has_pages) == (["A"], False)


@pytest.mark.django_db
def test_what_else_the_address_says_stays_in_the_addresses_around(rf, holder, people):
    first = page(rf, holder, "?order=name&search=b%26c")
    told = parse_qs(first.next.removeprefix("?"))
    assert (told["order"], told["search"], "before" in told) == (["name"], ["b&c"], False)
    assert parse_qs(page(rf, holder, first.next).next.removeprefix("?")).keys() == {"order", "search", "after"}


@pytest.mark.django_db
@pytest.mark.clause("3")
def test_a_place_names_nobody_and_fits_no_other_list_order_or_user(rf, holder, colleague, people):
    first = page(rf, holder)
    (cursor,) = parse_qs(first.next.removeprefix("?"))["after"]
    assert b'"B"' not in base64.urlsafe_b64decode(cursor + "==")
    assert names(page(rf, colleague, first.next)) == names(first)
    assert names(page(rf, holder, f"{first.next}&order=new")) == ["E", "D", "B"]
    for nonsense in ("?after=x", "?before=", "?after=é", f"?after={cursor[:-2]}"):
        assert names(page(rf, holder, nonsense)) == names(first)


@pytest.mark.django_db
@pytest.mark.clause("3", "7")
def test_what_is_searched_for_stands_in_no_address_and_opens_in_its_list_for_its_user_alone(rf, holder, colleague):
    def at(address, user=holder):
        request = rf.get(address)
        request.user = user
        return request

    address = search_address(at("/relations/"), {"search": "Visser", "order": "new", "kind": ""})
    (sealed,) = parse_qs(address.partition("?")[2])["search"]
    assert address == f"/relations/?search={sealed}&order=new"
    assert b"Visser" not in base64.urlsafe_b64decode(sealed + "==")
    assert searched(at(address)) == "Visser"
    for other in (
        at(address, colleague), at(address.replace("relations", "employees")), at("/relations/"),
        at("/relations/?search=Visser"), at(f"/relations/?search={sealed[:-2]}"),
    ):  # fmt: skip
        assert searched(other) == ""
    assert search_address(at("/relations/"), {"search": ""}) == "/relations/"


def test_no_form_that_searches_puts_what_is_typed_in_an_address():
    """On our own pages; the administration's lists are its library's."""
    forms = [
        (path.name, form)
        for path in Path(conf.BASE_DIR, "templates").rglob("*.html")
        for form in re.findall(r'<form[^>]*role="search"[^>]*>', path.read_text())
    ]
    assert len(forms) >= 3
    assert [name for name, form in forms if 'method="post"' not in form] == []


class EveryRow(TestCase):
    @settings(max_examples=25, deadline=None)
    @given(st.lists(st.sampled_from("abc"), max_size=12), st.integers(1, 4), st.booleans())
    def test_comes_by_exactly_once_in_either_direction(self, letters, size, newest):
        from django.test import RequestFactory

        account = AccountFactory(state=State.ACTIVE)
        Relation.objects.bulk_create(Relation(account=account, last_name=letter) for letter in letters)
        there, found = [], page(RequestFactory(), account.main_user, "?order=new" if newest else "", size)
        there.append(names(found))
        while found.next:
            found = page(RequestFactory(), account.main_user, found.next, size)
            there.append(names(found))
        back = [names(found)]
        while found.previous:
            found = page(RequestFactory(), account.main_user, found.previous, size)
            back.append(names(found))
        expected = letters[::-1] if newest else sorted(letters)
        assert [*chain(*there)] == expected
        assert [*chain(*reversed(back))] == expected
