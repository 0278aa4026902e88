"""The request for erasure at once, over the API: the main user's, with its letter."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.models import ErasureRequest
from accounts.states import State
from tests import lives
from tests.callers import API, browser, device, just_signed_in, problem
from tests.factories import AccountFactory, ColleagueFactory

pytestmark = [pytest.mark.django_db, pytest.mark.clause("5.5", "6")]
ADDRESS = f"{API}/erasure-request/"


@pytest.fixture
def account(db):
    return AccountFactory(state=State.CANCELLED, cancelled_on=timezone.localdate())


def test_the_main_user_asks_gets_the_letter_and_withdraws(account):
    client = just_signed_in(account.main_user)
    problem(client.get(ADDRESS), 404, "not_found")
    problem(client.get(f"{ADDRESS}letter/"), 404, "not_found")
    problem(client.delete(ADDRESS), 409, "no_request")
    asked = client.post(ADDRESS)
    assert asked.status_code == 201
    code = ErasureRequest.objects.open().get().code
    today = timezone.localdate().isoformat()
    assert asked.json() == {"code": code, "asked_on": today, "letter_received_on": None} == client.get(ADDRESS).json()
    letter = client.get(f"{ADDRESS}letter/", headers={"accept": "application/pdf"})
    assert letter.content.startswith(b"%PDF")
    assert (letter["Content-Type"], letter["Content-Disposition"]) == (
        "application/pdf",
        f'inline; filename="{code}.pdf"',
    )
    assert client.get(f"{ADDRESS}letter/").content.startswith(b"%PDF")
    problem(client.get(f"{ADDRESS}letter/", headers={"accept": "application/json"}), 406, "not_acceptable")
    problem(client.post(ADDRESS), 409, "already_asked")
    assert client.delete(ADDRESS).status_code == 204
    problem(client.get(f"{ADDRESS}letter/", headers={"accept": "application/pdf"}), 404, "not_found")


def test_a_letter_that_came_in_is_told(account):
    lives.letter(account, on=timezone.localdate())
    assert device(account.main_user).get(ADDRESS).json()["letter_received_on"] == timezone.localdate().isoformat()


@pytest.mark.parametrize("caller", [device, browser])
def test_it_takes_a_fresh_proof_which_a_device_never_has(account, caller):
    problem(caller(account.main_user).post(ADDRESS), 403, "not_fresh")
    assert not ErasureRequest.objects.exists()


def test_an_active_account_cancels_first(holder_of_active):
    assert problem(just_signed_in(holder_of_active).post(ADDRESS), 409, "still_active")["clause"] == "5.5"


@pytest.fixture
def holder_of_active(db):
    return AccountFactory(state=State.ACTIVE).main_user


def test_a_colleague_does_not_ask(account):
    client = device(ColleagueFactory(account=account))
    for answer in (client.get(ADDRESS), client.post(ADDRESS), client.delete(ADDRESS), client.get(f"{ADDRESS}letter/")):
        problem(answer, 403, "permission_denied")
