"""Pages of relations and employees: lists, forms, restriction, erasing, the BSN, and two browsers at once."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import Account
from accounts.states import State
from finance.models import Document
from journal.models import Entry
from relations.models import Employee, Relation
from relations.services import add_employee, add_relation, restrict_person
from tests import lives
from tests.factories import AccountFactory
from tests.signin import freshly

pytestmark = pytest.mark.django_db
KINDS = ("relation", "employee")
TYPED = {
    "first_name": "Noor",
    "last_name": "Visser",
    "postcode": "7941aa",
    "city": "Meppel",
    "country": "NL",
    "kind": "employee",
}


@pytest.fixture
def browser(client, holder) -> Client:
    client.force_login(holder)
    client.cookies["django_language"] = "en"
    return client


def somebody(account: Account, whom: str = "relation", **fields):
    add = add_relation if whom == "relation" else add_employee
    return add(account, actor=account.main_user, **{"first_name": "Noor", "last_name": "Visser", **fields})


def text(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def names(response) -> list[str]:
    return [str(row) for row in response.context["page"].rows]


# --- Lists ---------------------------------------------------------------------------------------------------


@pytest.mark.clause("3")
@pytest.mark.parametrize("kind", KINDS)
def test_a_list_shows_the_account_s_own_people(browser, account, outsider, kind):
    assert f"No {kind}s yet" in text(browser.get(f"/{kind}s/"))
    somebody(account, kind, city="Meppel")
    somebody(outsider.account, kind, last_name="Vreemd")
    page = browser.get(f"/{kind}s/")
    assert names(page) == ["Noor Visser"]
    assert "Meppel" in text(page)


@pytest.mark.clause("7")
def test_a_search_is_posted_and_its_words_stand_in_no_address(browser, account):
    somebody(account)
    somebody(account, company_name="Bakkerij Bos", last_name="Bos")
    sent = browser.post("/relations/", {"search": "visser", "order": "newest"})
    assert sent.status_code == 302
    assert "visser" not in sent.url
    assert "order=newest" in sent.url
    page = browser.get(sent.url)
    assert names(page) == ["Noor Visser"]
    assert 'value="visser"' in page.content.decode()
    part = browser.get(sent.url, headers={"HX-Request": "true"})
    assert part["HX-Replace-Url"] == sent.url
    assert "<html" not in part.content.decode()
    none = browser.get(browser.post("/relations/", {"search": "xyzzy"}).url)
    assert "Nobody found" in text(none)
    assert "“xyzzy”" in text(none)


@pytest.mark.parametrize("query", ["search=plain", "order=x", "restricted=x", "after=x", "kind=x", "search="])
def test_an_address_that_makes_no_sense_is_the_whole_list(browser, account, query):
    somebody(account, "employee")
    assert names(browser.get(f"/employees/?{query}")) == ["Noor Visser"]


def test_filters_and_pages_go_together(browser, account):
    for number in range(60):
        somebody(
            account, "employee", last_name=f"Bos{number:02}", kind="contractor" if number % 10 == 0 else "employee"
        )
    first = browser.get(browser.post("/employees/", {"search": "bos"}).url)
    assert len(names(first)) == 50
    assert names(browser.get(f"/employees/{first.context['page'].next}")) == [f"Noor Bos{n}" for n in range(50, 60)]
    assert len(names(browser.get("/employees/?kind=contractor"))) == 6


@pytest.mark.parametrize("search", ["", "noor"])
def test_a_list_takes_as_many_queries_for_one_as_for_three(browser, account, asks, search):
    address = browser.post("/relations/", {"search": search}).url
    for more in (1, 2):
        for _one in range(more):
            somebody(account)
        with asks(7 if search else 6):
            browser.get(address)


# --- Adding and changing -------------------------------------------------------------------------------------


@pytest.mark.clause("3", "19")
@pytest.mark.parametrize("kind", KINDS)
def test_somebody_is_added_and_changed(browser, account, kind):
    added = browser.post(f"/{kind}s/add/", {**TYPED, "kind": "contractor"}, follow=True)
    assert "Noor Visser is among your" in text(added)
    assert "7941 AA" in text(added)
    found = (Relation if kind == "relation" else Employee).objects.get()
    address = f"/{kind}s/{found.reference}/change/"
    page = browser.get(address)
    data = {**page.context["form"].initial, "revision": 1, "city": "Hoogeveen"}
    assert "The changes are saved." in text(browser.post(address, data, follow=True))
    found.refresh_from_db()
    assert (found.city, found.revision) == ("Hoogeveen", 2)
    assert Entry.objects.get(event=f"{kind}.changed").facts["fields"] == ["city"]


@pytest.mark.clause("19")
@pytest.mark.parametrize("kind", KINDS)
def test_somebody_needs_a_name_and_what_was_typed_stays(browser, kind):
    page = browser.post(f"/{kind}s/add/", {**TYPED, "last_name": " ", "kvk_number": "12"})
    errors = page.context["form"].errors
    assert errors["last_name"] == ["Give a last name, or the name of a company."]
    assert set(errors) == {"kvk_number", "last_name"}
    assert 'value="Meppel"' in page.content.decode()
    assert not Relation.objects.exists()
    named = browser.post(f"/{kind}s/add/", {**TYPED, "last_name": "", "company_name": "Bos BV"})
    assert named.status_code == 302


def test_a_field_is_checked_as_soon_as_it_is_left(browser, account):
    headers = {"HX-Request": "true", "HX-Trigger-Name": "postcode"}
    assert 'value="7941 AA"' in browser.post("/relations/add/", TYPED, headers=headers).content.decode()
    wrong = browser.post("/relations/add/", {**TYPED, "postcode": "79"}, headers=headers).content.decode()
    assert "four digits and two letters" in wrong
    assert not Relation.objects.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_of_two_who_change_the_same_neither_loses_anything(browser, account, colleague, kind):
    found = somebody(account, kind, city="Meppel", phone="0592123456")
    address = f"/{kind}s/{found.reference}/change/"
    form = browser.get(address).context["form"]
    first = {**form.initial, "revision": form["revision"].value(), "city": "Assen"}
    second = {**first, "city": "Meppel", "phone": "0592654321"}
    other = Client()
    other.force_login(colleague)
    assert other.post(address, second).status_code == 302
    told = browser.post(address, first)
    assert (told.status_code, "Somebody else has changed this" in text(told)) == (200, True)
    assert 'value="Assen"' in told.content.decode()
    assert "+31592654321" in text(told)
    found.refresh_from_db()
    assert (found.city, found.phone) == ("Meppel", "+31592654321")
    again = {**first, "revision": told.context["form"]["revision"].value(), "phone": "0592654321"}
    assert browser.post(address, again).status_code == 302
    found.refresh_from_db()
    assert (found.city, found.phone, found.revision) == ("Assen", "+31592654321", 3)


@pytest.mark.clause("5.4")
@pytest.mark.parametrize("state", [State.LAPSED, State.CANCELLED])
@pytest.mark.parametrize("kind", KINDS)
def test_in_an_account_that_does_not_run_people_are_looked_at_and_restricted(client, state, kind):
    account = AccountFactory(state=state)
    rows = account.relation_set if kind == "relation" else account.employee_set
    found = rows.create(last_name="Visser")
    client.force_login(account.main_user)
    address = f"/{kind}s/{found.reference}/"
    page = client.get(address)
    assert page.status_code == client.get(f"/{kind}s/").status_code == 200
    assert "/change/" not in page.content.decode()
    for path in (f"/{kind}s/add/", f"{address}change/", f"{address}erase/"):
        assert client.get(path).status_code == 409
    assert client.post(f"{address}restrict/").status_code == 302
    assert rows.get().restricted_on is not None


# --- Restricting and erasing ---------------------------------------------------------------------------------


@pytest.mark.clause("15")
@pytest.mark.parametrize("kind", KINDS)
def test_who_is_restricted_is_frozen_until_it_is_lifted(browser, account, kind):
    found = somebody(account, kind)
    address = f"/{kind}s/{found.reference}/"
    with time_machine.travel("2026-11-22T12:00:00+01:00", tick=False):
        freshly(browser, account.main_user)
        done = browser.post(f"{address}restrict/", {"do": "restrict"}, follow=True)
    assert "restricted Since Sunday 22 November 2026" in text(done)
    assert "restricted" in text(browser.get(f"/{kind}s/"))
    assert "/change/" not in done.content.decode()
    for path in ("change/", "erase/"):
        refused = browser.get(address + path)
        assert (refused.status_code, "is restricted since 22 November 2026" in text(refused)) == (409, True)
        browser.post(address + path, {"last_name": "Anders"})
    found.refresh_from_db()
    assert (found.last_name, found.restricted_on) == ("Visser", date(2026, 11, 22))
    with time_machine.travel("2026-12-01T12:00:00+01:00", tick=False):
        freshly(browser, account.main_user)
        assert "inform whoever asked" in text(browser.get(f"{address}restrict/"))
        browser.post(f"{address}restrict/", {"do": "lift"})
    assert browser.get(f"{address}change/").status_code == 200
    told = Entry.objects.filter(event__in=(f"{kind}.restricted", f"{kind}.lifted")).order_by("id")
    mine = {kind: str(found.reference)}
    assert [(entry.event, entry.clause, entry.facts) for entry in told] == [
        (f"{kind}.restricted", "15", {**mine, "on": "2026-11-22"}),
        (f"{kind}.lifted", "15", {**mine, "on": "2026-12-01", "since": "2026-11-22"}),
    ]


@pytest.mark.clause("15")
def test_erasing_asks_first_and_documents_keep_their_snapshot(browser, account):
    found = somebody(account)
    issued = lives.issue(account, on=timezone.localdate(), relation=found)
    page = browser.get(f"/relations/{found.reference}/erase/")
    assert "1 issued quote or invoice keeps its own name and address" in text(page)
    assert Relation.objects.exists()
    done = browser.post(f"/relations/{found.reference}/erase/", follow=True)
    assert "Noor Visser is erased. 1 issued quote or invoice keeps its own name and address" in text(done)
    assert not Relation.objects.exists()
    assert Document.objects.get(pk=issued.pk).recipient_name == "Noor Visser"
    assert browser.get(f"/relations/{found.reference}/").status_code == 404


# --- The citizen service number ------------------------------------------------------------------------------


@pytest.mark.clause("19")
def test_a_bsn_is_entered_kept_and_taken_away(browser, account):
    wrong = browser.post("/employees/add/", {**TYPED, "bsn": "111222334"})
    assert "not a valid BSN" in text(wrong)
    assert "111222334" not in wrong.content.decode()
    other = browser.post("/employees/add/", {**TYPED, "bsn": lives.BSN, "postcode": "1"})
    assert other.context["form"].errors["bsn"] == ["Type the BSN once more: it is not sent back to you."]
    assert lives.BSN not in other.content.decode()
    browser.post("/employees/add/", {**TYPED, "bsn": lives.BSN})
    found = Employee.objects.get()
    address = f"/employees/{found.reference}/change/"
    data = {**browser.get(address).context["form"].initial, "revision": 1, "city": "Assen"}
    browser.post(address, data)
    assert Employee.objects.get().masked_bsn
    twice = browser.post("/employees/add/", {**TYPED, "bsn": lives.BSN})
    assert twice.context["form"].errors["bsn"] == ["Somebody with this BSN is in your account already."]
    both = browser.post(address, {**data, "revision": 2, "bsn": lives.BSN, "remove_bsn": "on"})
    assert "remove_bsn" in both.context["form"].errors
    browser.post(address, {**data, "revision": 2, "remove_bsn": "on"})
    assert not Employee.objects.get().masked_bsn


@pytest.mark.clause("19")
def test_the_main_user_just_signed_in_sees_a_bsn_once(client, account, holder, colleague):
    found = somebody(account, "employee", bsn=lives.BSN)
    page, address = f"/employees/{found.reference}/", f"/employees/{found.reference}/bsn/"
    with time_machine.travel("2026-11-22T12:00:00+01:00", tick=False) as now:
        freshly(client, holder)
        assert lives.BSN not in client.get(page).content.decode()
        shown = client.post(address)
        assert (shown.status_code, shown["Cache-Control"]) == (200, "no-store")
        assert lives.BSN in text(shown)
        assert lives.BSN not in client.get(page).content.decode()
        now.shift(timedelta(minutes=10))
        asked = client.post(address)
        assert (asked.status_code, "/security/prove/" in asked.url) == (302, True)
    assert Entry.objects.filter(event="bsn.revealed").count() == 1
    freshly(client, colleague)
    assert client.post(address).status_code == 403
    assert address not in client.get(page).content.decode()


@pytest.mark.clause("15", "19")
def test_the_bsn_of_who_is_restricted_is_not_shown(client, account, holder):
    found = somebody(account, "employee", bsn=lives.BSN)
    restrict_person(found, actor=holder, on=date(2026, 3, 1))
    told = freshly(client, holder).post(f"/employees/{found.reference}/bsn/", follow=True)
    assert lives.BSN not in told.content.decode()
    assert not Entry.objects.filter(event="bsn.revealed").exists()
