"""Pages and API of files with people: each user their own, and nothing secret on any of them (§3, §19)."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from accounts.services import cancel_account
from accounts.states import State
from cannonworks import isolation
from cannonworks.uploads import MOST
from journal.models import Entry
from relations import imports
from relations.models import Employee, Import, Relation, What
from tests.callers import API, device, problem
from tests.factories import AccountFactory
from tests.lives import BSN
from tests.relations.files import draft, many, taken_in, uploaded
from tests.signin import freshly

pytestmark = [pytest.mark.django_db, pytest.mark.clause("3", "19")]
PAGE = "/relations/import/"


def run(found: Import) -> Import:
    """As the worker does."""
    with isolation.acting_as(isolation.JOBS):
        imports.run(found.pk)
    found.refresh_from_db()
    return found


def text(response) -> str:
    assert response.status_code == 200
    return response.getvalue().decode("utf-8-sig")


@pytest.fixture
def page(client, holder) -> Client:
    client.cookies["django_language"] = "en"
    return freshly(client, holder)


def test_a_file_is_chosen_looked_at_started_and_followed_to_its_end(page):
    rows = "Company;E-mail;Wat is dit\nGood;noor@visser.example;Assen\nBad;x;Meppel\n"
    answer = page.post(PAGE, {"file": uploaded(rows)})
    found = Import.objects.get()
    own = f"{PAGE}{found.reference}/"
    assert (answer.status_code, answer.url) == (302, own)
    shown = text(page.get(own))
    assert "Of 1 column we do not know what it is" in shown
    assert "Line 3:" in shown
    chosen = {"column_0": "company_name", "column_1": "email", "column_2": "email"}
    again = text(page.post(own, {**chosen, "start": "1"}))
    assert "Two columns have the same field: E-mail." in again
    chosen["column_2"] = "city"
    assert "Meppel" in text(page.post(own, chosen))
    found.refresh_from_db()
    assert found.state == "draft"
    assert page.post(own, {**chosen, "start": "1"}).url == own
    assert "every 1s" in text(page.get(own))
    waiting = page.get(f"{own}progress/")
    assert ("HX-Refresh" in waiting.headers, "every 1s" in text(waiting)) == (False, True)
    run(found)
    over = page.get(f"{own}progress/")
    assert (over["HX-Refresh"], "every 1s" in text(over)) == ("true", False)
    done = text(page.get(own))
    assert "1 row is not taken in yet." in done
    assert "E-mail: This is not an e-mail address." in done
    assert text(page.get(f"{own}refused.csv")).splitlines()[1].endswith("Bad;x;Meppel")
    assert Relation.objects.get().city == "Assen"
    assert page.post(f"{own}remove/").url == PAGE
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "Choose a file first."),
        (b"PK\x03\x04", "This is a workbook of Excel."),
        (b"", "The first line is empty."),
    ],
)
def test_what_cannot_be_a_list_is_said_at_the_field(page, content, words):
    assert words in text(page.post(PAGE, {} if content is None else {"file": uploaded(content)}))
    assert not Import.objects.exists()


def test_a_file_that_is_too_large_is_said_so_and_not_kept(page, settings):
    settings.IMPORT_MAX_MIB = 1
    small = b"Naam\n" + b"x" * 2**20
    assert "This file is larger than 1 MB." in text(page.post(PAGE, {"file": uploaded(small)}))
    huge = b"Naam\n" + b"x" * MOST  # of which not even a draft is kept
    assert "This file is larger than 1 MB." in text(page.post(PAGE, {"file": uploaded(huge)}))


def test_a_file_that_does_not_fit_into_memory_is_read_from_one_without_a_name(page, settings):
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 100
    assert page.post(PAGE, {"file": uploaded(many(30))}).status_code == 302
    assert run_of(page).added == 30


def run_of(page: Client) -> Import:
    found = Import.objects.get()
    page.post(
        f"{PAGE}{found.reference}/", {f"column_{n}": name for n, name in enumerate(found.columns)} | {"start": "1"}
    )
    return run(found)


def test_an_account_that_does_not_run_says_so_and_still_lets_look(client):
    account = AccountFactory(state=State.ACTIVE)
    found = taken_in(account, "Naam bedrijf;E-mail\nX;fout\n")
    cancel_account(account, actor=account.main_user, on=timezone.localdate())
    client.cookies["django_language"] = "en"
    freshly(client, account.main_user)
    assert "Your account is not running" in text(client.get(PAGE))
    assert client.post(PAGE, {"file": uploaded(many(1))}).status_code == 200
    assert "Line 2" in text(client.get(f"{PAGE}{found.reference}/"))
    assert not Import.objects.exclude(pk=found.pk).exists()


@pytest.mark.clause("19")
@pytest.mark.parametrize("heading", ["BSN", "Nummer van de loonlijst"])
def test_no_page_shows_a_bsn(page, account, heading):
    found = draft(account, f"Achternaam;{heading}\nWerk;{BSN}\nFout;123456789\n", what=What.EMPLOYEES)
    address = f"/employees/import/{found.reference}/"
    chosen = {"column_0": "last_name", "column_1": "bsn"}
    for answer in (page.get(address), page.post(address, chosen)):
        assert BSN not in text(answer)
    assert "123456789" not in text(page.post(address, chosen))
    page.post(address, {**chosen, "start": "1"})
    run(found)
    assert BSN not in text(page.get(address))
    assert Employee.objects.get().masked_bsn
    assert BSN not in text(page.get("/employees/export.csv"))


def test_an_export_is_a_download_that_the_main_user_sees_among_who_looked(page, account, colleague):
    Relation.objects.create(account=account, company_name="=Jansen", last_name="Visser")
    other = freshly(Client(), colleague)
    answer = other.get("/relations/export.csv")
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("text/csv; charset=utf-8", "no-store")
    day = timezone.localdate().isoformat()
    assert answer["Content-Disposition"] == f'attachment; filename="relations-{day}.csv"'
    raw = answer.getvalue()
    assert raw.startswith(b"\xef\xbb\xbfBedrijfsnaam;Voornaam;")
    assert raw.splitlines()[1].startswith(b"'=Jansen;")
    assert "List of relations, downloaded" in text(page.get("/my-data/looks/"))
    assert Entry.objects.get(event="export.downloaded").actor_reference == colleague.reference


def test_a_list_costs_the_same_queries_with_one_file_and_with_three(page, account, asks):
    for count in (1, 2):
        for _n in range(count):
            taken_in(account, many(1))
        with asks(5):
            page.get(PAGE)


# --- The API -------------------------------------------------------------------------------------------------------


def test_over_the_api_a_file_is_taken_in_and_told_of(holder, colleague):
    client = device(holder)
    file = uploaded("Company;E-mail\nGood;noor@visser.example\nBad;x\n")
    made = client.post(f"{API}/relations/imports/", {"file": file}, format="multipart")
    assert made.status_code == 201, made.content
    told = made.json()
    assert (told["state"], told["columns"], told["lines"]) == ("queued", ["company_name", "email"], 3)
    run(Import.objects.get())
    address = f"{API}/relations/imports/{told['reference']}/"
    now = client.get(address).json()
    assert {name: now[name] for name in ("state", "added", "known", "refused")} == {
        "state": "done", "added": 1, "known": 0, "refused": 1,
    }  # fmt: skip
    assert now["position"] == now["size"]
    assert client.get(f"{address}errors/").json()["results"] == [
        {
            "line": 3,
            "problems": [
                {
                    "field": "email", "code": "email",
                    "detail": "E-mail: This is not an e-mail address. It looks like name@example.nl.",
                }
            ],
        }
    ]  # fmt: skip
    assert [row["reference"] for row in client.get(f"{API}/relations/imports/").json()["results"]] == [
        told["reference"]
    ]
    problem(device(colleague).get(address), 404, "not_found")
    problem(device(colleague).get(f"{address}errors/"), 404, "not_found")
    assert "Good" in client.get(f"{API}/relations/export.csv").getvalue().decode()


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [("Hobby\nvissen\n", 409, "no_columns"), (b"PK\x03\x04", 409, "workbook")],
)
def test_over_the_api_a_file_that_cannot_be_taken_is_refused_and_not_kept(holder, content, status, code):
    answer = device(holder).post(f"{API}/relations/imports/", {"file": uploaded(content)}, format="multipart")
    problem(answer, status, code)
    assert not Import.objects.exists()


def test_over_the_api_a_file_must_be_there(holder):
    answer = device(holder).post(f"{API}/relations/imports/", {}, format="multipart")
    assert [error["pointer"] for error in problem(answer, 400, "invalid")["errors"]] == ["#/file"]
