"""The return of all data, over the API: the same services; no device gets the archive (§6)."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.blocking import block_account
from rights.models import DataReturn
from rights.states import ReturnState
from tests.callers import API, browser, device, just_signed_in, problem
from tests.factories import StaffFactory
from tests.rights.returns import checked, in_state, made, run

pytestmark = [pytest.mark.django_db, pytest.mark.clause("6")]
ROWS = f"{API}/returns/"


def one(found: DataReturn, act: str = "") -> str:
    return f"{ROWS}{found.reference}/{act}"


def test_the_main_user_asks_follows_and_takes(holder):
    client = just_signed_in(holder)
    asked = client.post(ROWS)
    assert asked.status_code == 201
    found = DataReturn.objects.get()
    assert asked.json() | {"asked_at": "", "due_at": ""} == {
        "reference": str(found.reference), "state": "queued", "why": "", "asked_at": "", "due_at": "",
        "ready_at": None, "expires_at": None, "taken_at": None, "rows_done": 0, "rows_total": 0,
    }  # fmt: skip
    problem(client.post(ROWS), 409, "return_under_way")
    problem(client.get(one(found, "archive/")), 409, "return_not_ready")
    run(found)
    told = client.get(one(found)).json()
    assert (told["state"], told["rows_done"]) == ("ready", told["rows_total"])
    assert client.get(ROWS).json()["results"] == [told]
    answer = client.get(one(found, "archive/"), headers={"accept": "application/zip"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    sent = b"".join(answer.streaming_content)
    assert len(sent) == int(answer["Content-Length"])
    assert checked([sent])[1]["return"] == str(found.reference)
    assert client.get(one(found)).json()["taken_at"] is not None
    problem(client.post(ROWS), 409, "return_ready")


def test_a_return_is_given_up_and_one_that_stopped_goes_on(holder):
    client = device(holder)
    found = in_state(holder.account, ReturnState.STOPPED, at=timezone.now())
    assert client.get(one(found)).json()["why"] == "failed"
    assert client.post(one(found, "resume/")).json()["state"] == "queued"
    problem(client.post(one(found, "resume/")), 409, "not_stopped")
    assert client.post(one(found, "cancel/")).json()["state"] == "cancelled"
    problem(client.post(one(found, "cancel/")), 409, "no_such_step")


@pytest.mark.parametrize("caller", [device, browser])
def test_the_archive_takes_a_fresh_proof_which_a_device_never_has(holder, caller):
    found = made(holder.account, at=timezone.now())
    problem(caller(holder).get(one(found, "archive/")), 403, "not_fresh")
    found.refresh_from_db()
    assert found.taken_at is None


def test_nobody_else_reaches_it(holder, colleague, outsider, staff):
    found = made(holder.account, at=timezone.now())
    for client, status, code in (
        (just_signed_in(colleague), 403, "permission_denied"),
        (just_signed_in(staff), 403, "permission_denied"),
        (just_signed_in(outsider), 404, "not_found"),
    ):
        for answer in (
            client.get(one(found)),
            client.get(one(found, "archive/")),
            client.post(one(found, "cancel/")),
        ):
            problem(answer, status, code)
    assert just_signed_in(outsider).get(ROWS).json()["results"] == []


@pytest.mark.clause("15")
def test_of_a_blocked_account_nothing_is_taken(holder):
    found = made(holder.account, at=timezone.now())
    block_account(holder.account, actor=StaffFactory(), because=uuid4(), at=timezone.now())
    client = just_signed_in(holder)
    for answer in (client.get(one(found, "archive/")), client.post(ROWS), client.get(ROWS)):
        problem(answer, 409, "blocked")


def test_the_schema_tells_of_it(client):
    paths = client.get(f"{API}/schema/").json()["paths"]
    archive = paths[f"{API}/returns/{{reference}}/archive/"]["get"]["responses"]["200"]["content"]
    assert archive == {"application/zip": {"schema": {"type": "string", "format": "binary"}}}
    assert {path for path in paths if path.startswith(ROWS)} == {
        ROWS, *(f"{ROWS}{{reference}}/{act}" for act in ("", "archive/", "cancel/", "resume/")),
    }  # fmt: skip
