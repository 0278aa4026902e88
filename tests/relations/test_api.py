"""Relations and employees over the API: the daily work of every user; a BSN for the main user alone, just signed in."""

from __future__ import annotations

import time
from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from accounts.states import State
from finance.models import Document
from journal.models import Entry
from relations.models import Employee, Relation
from tests import lives
from tests.callers import API, browser, device, just_signed_in, problem
from tests.factories import AccountFactory

pytestmark = pytest.mark.django_db
PERSON = {
    "first_name": "Noor",
    "last_name": "Visser",
    "email": "noor@visser.example",
    "postcode": "7941aa",
    "city": "Meppel",
}


def pointers(response):
    return [(error["pointer"], error["code"]) for error in problem(response, 400, "invalid")["errors"]]


@pytest.mark.clause("15")
@pytest.mark.clause("5.2")
def test_erasing_somebody_tells_what_stays_and_what_goes(account, holder):
    relation = Relation.objects.create(account=account, last_name="Visser")
    for _number in range(2):
        lives.issue(account, on=date(2026, 3, 2), relation=relation)
    lives.draft(account, relation=relation)
    words = "2 issued quotes and invoices keep their own name and address: the law has you keep them for seven years."
    drafts = {"name": "drafts", "number": 1, "words": "1 draft that was not issued.", "clause": ""}
    assert device(holder).delete(f"{API}/relations/{relation.reference}/").json() == {
        "goes": [drafts], "stays": [{"name": "issued", "number": 2, "words": words, "clause": "5.2"}],
    }  # fmt: skip
    assert Document.objects.filter(account=account).count() == 2


@pytest.mark.clause("3")
@pytest.mark.parametrize("who", ["holder", "colleague"])
def test_every_user_adds_gets_changes_and_removes_a_relation(who, account, request):
    user = request.getfixturevalue(who)
    client = device(user)
    made = client.post(f"{API}/relations/", PERSON)
    assert made.status_code == 201
    relation = made.json()
    address = f"{API}/relations/{relation['reference']}/"
    assert (relation["postcode"], relation["country"]) == ("7941 AA", "NL")
    assert client.get(address).json() == relation
    changed = client.patch(address, {"city": "Hoogeveen"}).json()
    assert changed == {**relation, "city": "Hoogeveen", "revision": 2}
    assert Relation.objects.get().city == "Hoogeveen"
    assert client.delete(address).json() == {"goes": [], "stays": []}
    problem(client.get(address), 404, "not_found")
    assert not Relation.objects.exists()
    told = (
        Entry.objects.filter(event__startswith="relation.")
        .order_by("id")
        .values_list("event", "actor_reference", "clause", "facts")
    )
    mine = {"relation": relation["reference"]}
    assert list(told) == [
        ("relation.added", user.reference, "3", mine),
        ("relation.changed", user.reference, "3", {**mine, "fields": ["city"]}),
        ("relation.removed", user.reference, "15", mine),
    ]


@pytest.mark.clause("19")
def test_what_is_wrong_is_told_by_field_and_changes_nothing(holder, account):
    client = device(holder)
    assert pointers(client.post(f"{API}/relations/", {**PERSON, "postcode": "12", "kvk_number": "1"})) == [
        ("#/postcode", "postcode"), ("#/kvk_number", "kvk"),
    ]  # fmt: skip
    assert pointers(client.post(f"{API}/relations/", {**PERSON, "hobby": "vissen", "id": 5})) == [
        ("#/hobby", "unknown"), ("#/id", "unknown"),
    ]  # fmt: skip
    assert pointers(client.post(f"{API}/relations/", {**PERSON, "bsn": lives.BSN})) == [("#/bsn", "unknown")]
    relation = account.relation_set.create(last_name="Visser")
    assert pointers(client.patch(f"{API}/relations/{relation.reference}/", {"phone": "5"})) == [("#/phone", "phone")]
    assert Relation.objects.get().phone == ""


@pytest.mark.clause("15")
def test_documents_keep_their_own_snapshot_when_a_relation_is_removed(holder, account):
    relation = account.relation_set.create(last_name="Visser")
    issued = lives.issue(account, on=timezone.localdate(), relation=relation)
    draft = lives.draft(account, relation=relation)
    assert device(holder).delete(f"{API}/relations/{relation.reference}/").status_code == 200
    left = list(Document.objects.order_by("id").values_list("id", "relation", "recipient_name"))
    assert left == [(issued.pk, None, "Noor Visser")]
    assert not Document.objects.filter(pk=draft.pk).exists()


@pytest.mark.clause("5.4")
@pytest.mark.parametrize("state", [State.LAPSED, State.CANCELLED])
def test_an_account_that_does_not_run_is_read_and_not_written(state):
    account = AccountFactory(state=state)
    relation, employee = account.relation_set.create(last_name="V"), account.employee_set.create(last_name="W")
    client = device(account.main_user)
    for path, row in (("relations", relation), ("employees", employee)):
        address = f"{API}/{path}/{row.reference}/"
        assert client.get(address).status_code == 200
        problem(client.post(f"{API}/{path}/", {"last_name": "X"}), 409, "read_only")
        problem(client.patch(address, {"last_name": "X"}), 409, "read_only")
        problem(client.delete(address), 409, "read_only")
    assert (Relation.objects.get().last_name, Employee.objects.get().last_name) == ("V", "W")


@pytest.mark.clause("19")
def test_a_bsn_goes_in_sealed_and_comes_out_masked(holder, account):
    client = device(holder)
    made = client.post(f"{API}/employees/", {"last_name": "Werk", "kind": "contractor", "bsn": lives.BSN})
    employee = made.json()
    address = f"{API}/employees/{employee['reference']}/"
    assert (employee["bsn_masked"], employee["kind"]) == ("•••••••••", "contractor")
    for answer in (made, client.get(address), client.get(f"{API}/employees/")):
        assert lives.BSN not in answer.content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT e::text FROM relations_employee e")
        assert lives.BSN not in cursor.fetchone()[0]
    assert client.patch(address, {"city": "Assen"}).json()["bsn_masked"] is not None
    assert client.patch(address, {"bsn": ""}).json()["bsn_masked"] is None
    assert client.patch(address, {"bsn": lives.BSN, "last_name": "Werker"}).json()["bsn_masked"] is not None
    assert [e.facts["fields"] for e in Entry.objects.filter(event="employee.changed").order_by("id")] == [
        ["city"], ["bsn"], ["bsn", "last_name"],
    ]  # fmt: skip
    assert client.delete(address).status_code == 200
    assert not Employee.objects.exists()
    assert lives.BSN not in str(list(Entry.objects.values_list("facts")))


@pytest.mark.clause("19")
@pytest.mark.parametrize("bsn", ["123456789", "11122233", "111222333x", "x" * 21])
def test_a_bsn_that_is_none_is_refused_without_an_echo(holder, bsn):
    response = device(holder).post(f"{API}/employees/", {"last_name": "Werk", "bsn": bsn})
    assert [pointer for pointer, _code in pointers(response)] == ["#/bsn"]
    assert bsn not in response.content.decode()
    assert not Employee.objects.exists()


@pytest.mark.clause("19")
def test_one_bsn_is_one_person_in_an_account(holder, outsider):
    client = device(holder)
    first = client.post(f"{API}/employees/", {"last_name": "Werk", "bsn": lives.BSN}).json()
    again = client.post(f"{API}/employees/", {"last_name": "Twee", "bsn": lives.BSN})
    assert pointers(again) == [("#/bsn", "bsn_known")]
    assert client.patch(f"{API}/employees/{first['reference']}/", {"bsn": lives.BSN}).status_code == 200
    assert device(outsider).post(f"{API}/employees/", {"last_name": "Werk", "bsn": lives.BSN}).status_code == 201


@pytest.fixture
def employee(account):
    lives.fill(account, on=timezone.localdate())
    return Employee.objects.get()


@pytest.mark.clause("19")
def test_the_main_user_just_signed_in_sees_a_bsn_and_it_is_journalled(holder, employee):
    with time_machine.travel("2026-11-22T12:00:00+01:00", tick=False) as now:
        client = just_signed_in(holder)
        now.shift(timedelta(minutes=10, seconds=-1))
        shown = client.post(f"{API}/employees/{employee.reference}/bsn/")
        assert (shown.status_code, shown.json(), shown["Cache-Control"]) == (200, {"bsn": lives.BSN}, "no-store")
        now.shift(timedelta(seconds=1))
        problem(client.post(f"{API}/employees/{employee.reference}/bsn/"), 403, "not_fresh")
    assert [e.facts for e in Entry.objects.filter(event="bsn.revealed")] == [{"employee": str(employee.reference)}]


@pytest.mark.clause("19")
def test_nobody_else_sees_a_bsn(holder, colleague, outsider, employee):
    address = f"{API}/employees/{employee.reference}/bsn/"
    problem(device(holder).post(address), 403, "not_fresh")
    problem(browser(holder).post(address), 403, "not_fresh")
    problem(just_signed_in(colleague).post(address), 403, "permission_denied")
    problem(just_signed_in(outsider).post(address), 404, "not_found")
    problem(just_signed_in(holder).get(address), 405, "method_not_allowed")
    # A token does not get what the session beside it would.
    both = just_signed_in(holder)
    problem(both.post(address, headers={"authorization": f"Bearer {device(holder).token}"}), 403, "not_fresh")
    ahead = browser(holder)
    session = ahead.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time() + 60}]
    session.save()
    problem(ahead.post(address), 403, "not_fresh")
    assert not Entry.objects.filter(event="bsn.revealed").exists()


def test_without_a_bsn_there_is_none_to_see(holder, account):
    employee = account.employee_set.create(last_name="Werk")
    problem(just_signed_in(holder).post(f"{API}/employees/{employee.reference}/bsn/"), 409, "no_bsn")


def test_a_row_that_somebody_else_just_removed_is_a_refusal(holder, account, monkeypatch):
    relation = account.relation_set.create(last_name="Visser")
    read = Relation.objects.get
    monkeypatch.setattr("relations.api.RelationEndpoint.get_object", lambda self: gone(read(pk=relation.pk)))

    def gone(row):
        Relation.objects.filter(pk=row.pk).delete()
        return row

    problem(device(holder).patch(f"{API}/relations/{relation.reference}/", {"city": "Assen"}), 409, "gone")


# --- Search, restriction, revisions and names: as on the pages -----------------------------------------------


def listed(client, query):
    return [row["last_name"] for row in client.get(f"{API}/employees/?{query}").json()["results"]]


def test_a_list_is_searched_filtered_and_ordered(holder, account):
    for name, kind, city in (("Bos", "employee", "Assen"), ("Vos", "contractor", "Zwolle"), ("Aap", "employee", "")):
        account.employee_set.create(first_name="Jan", last_name=name, kind=kind, city=city)
    client = device(holder)
    assert listed(client, "") == ["Aap", "Bos", "Vos"]
    assert listed(client, "order=town") == ["Bos", "Vos", "Aap"]
    assert listed(client, "order=newest") == ["Aap", "Vos", "Bos"]
    assert listed(client, "search=zwol") == listed(client, "kind=contractor") == ["Vos"]
    assert listed(client, "search=bos&kind=contractor") == []
    assert (listed(client, "restricted=yes"), len(listed(client, "restricted=no"))) == ([], 3)
    following = client.get(f"{API}/employees/?search=jan&limit=1").json()["next"]
    assert [row["last_name"] for row in client.get(following).json()["results"]] == ["Bos"]
    wrong = client.get(f"{API}/employees/?order=age&restricted=maybe")
    assert sorted(pointer for pointer, _code in pointers(wrong)) == ["#/order", "#/restricted"]
    cursor = following.partition("cursor=")[2].partition("&")[0]
    assert pointers(client.get(f"{API}/employees/?order=newest&cursor={cursor}")) == [("#/cursor", "cursor")]


@pytest.mark.clause("15")
@pytest.mark.parametrize("path", ["relations", "employees"])
def test_somebody_is_restricted_and_let_go(holder, path):
    client = device(holder)
    row = client.post(f"{API}/{path}/", {"last_name": "Visser"}).json()
    address = f"{API}/{path}/{row['reference']}/"
    restricted = client.post(f"{address}restriction/").json()
    assert restricted == {**row, "restricted_on": timezone.localdate().isoformat(), "revision": 2}
    assert problem(client.patch(address, {"city": "Assen"}), 409, "restricted")["clause"] == "15"
    problem(client.delete(address), 409, "restricted")
    problem(client.post(f"{address}restriction/"), 409, "already_restricted")
    assert client.delete(f"{address}restriction/").json() == {**row, "revision": 3}
    problem(client.delete(f"{address}restriction/"), 409, "not_restricted")
    assert client.patch(address, {"restricted_on": "2026-01-01"}).json()["restricted_on"] is None
    assert client.delete(address).status_code == 200


def test_a_change_says_which_revision_it_is_of(holder):
    client = device(holder)
    row = client.post(f"{API}/relations/", {"last_name": "Visser", "revision": 9}).json()
    address = f"{API}/relations/{row['reference']}/"
    assert row["revision"] == 1
    assert client.patch(address, {"city": "Assen", "revision": 1}).json()["revision"] == 2
    problem(client.patch(address, {"city": "Meppel", "revision": 1}), 409, "changed_meanwhile")
    assert Relation.objects.get().city == "Assen"


@pytest.mark.parametrize("path", ["relations", "employees"])
def test_without_a_name_nobody_is_kept(holder, path):
    assert pointers(device(holder).post(f"{API}/{path}/", {"city": "Assen"})) == [("#/last_name", "name")]
