"""Consultation over the API: what an account reads and does, by device and by browser (§13)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from breaches import conferring
from breaches.models import Consultation, Meeting
from tests import breached
from tests.callers import API, device, problem
from tests.factories import AccountFactory, StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.clause("13")]
HOUR, HALF_HOUR = timedelta(hours=1), timedelta(minutes=30)
ALL = f"{API}/consultations/"


@pytest.fixture
def now():
    return timezone.now().replace(microsecond=0)


@pytest.fixture
def talk(account, now):
    return breached.told(account, at=now - 3 * HOUR).consultations.get()


def offered(talk, now, after=HOUR) -> Meeting:
    said = {"starts_at": now + after, "ends_at": now + after + HALF_HOUR, "place": "0522 123 456"}
    return conferring.offer_to(talk, actor=StaffFactory(), at=now, **said)


def test_moments_are_read_taken_proposed_and_the_minutes_signed_off(holder, talk, now):
    client, meeting = device(holder), offered(talk, now)
    address = f"{ALL}{talk.reference}/"
    (listed,) = client.get(ALL).json()["results"]
    assert (listed["reference"], listed["breach"]) == (str(talk.reference), str(talk.breach.reference))
    (choice,) = client.get(address).json()["offered"]
    assert (choice["reference"], choice["place"]) == (str(meeting.reference), "0522 123 456")
    assert client.post(f"{address}waive/").json()["waived_at"]
    asked = {"starts_at": (now + 5 * HOUR).isoformat(), "place": "06 12345678"}
    assert client.post(f"{address}propose/", asked, format="json").status_code == 200
    taken = client.post(f"{address}choose/", {"meeting": str(meeting.reference)}, format="json").json()
    assert (taken["meeting"]["reference"], taken["waived_at"]) == (str(meeting.reference), None)
    conferring.write_up(meeting, actor=StaffFactory(), at=now + 2 * HOUR, nature="Lek", risk="Klein", measures="Slot")
    assert client.get(address).json()["meeting"]["risk"] == "Klein"
    assert client.post(f"{address}sign-off/").json()["signed_at"]
    problem(client.post(f"{address}waive/"), 409, "held")


def test_what_does_not_fit_is_a_problem_with_its_code(holder, colleague, talk, now):
    client, address = device(holder), f"{ALL}{talk.reference}/"
    gone = offered(talk, now)
    conferring.withdraw(gone, actor=StaffFactory(), at=now)
    problem(client.post(f"{address}choose/", {"meeting": str(gone.reference)}, format="json"), 409, "not_offered")
    past = {"starts_at": "2020-01-01T12:00:00+01:00", "place": "06"}
    problem(client.post(f"{address}propose/", past, format="json"), 409, "in_the_past")
    told = client.post(f"{address}propose/", {"starts_at": "x", "place": " "}, format="json")
    assert {error["pointer"] for error in told.json()["errors"]} == {"#/starts_at", "#/place"}
    problem(client.post(f"{address}sign-off/"), 409, "no_minutes")
    problem(device(colleague).post(f"{address}waive/"), 409, "not_main_user")


def test_another_account_finds_nothing_and_takes_nothing(outsider, talk, now):
    client, meeting = device(outsider), offered(talk, now)
    own = breached.told(outsider.account, at=now).consultations.get()
    assert [found["reference"] for found in client.get(ALL).json()["results"]] == [str(own.reference)]
    said = {"meeting": str(meeting.reference), "starts_at": (now + 5 * HOUR).isoformat(), "place": "06 12345678"}
    for act in ("choose", "propose", "waive", "sign-off"):
        sent = {name: said[name] for name in {"choose": ("meeting",), "propose": ("starts_at", "place")}.get(act, ())}
        assert client.post(f"{ALL}{talk.reference}/{act}/", sent, format="json").status_code == 404, act
    answer = client.post(f"{ALL}{own.reference}/choose/", {"meeting": str(meeting.reference)}, format="json")
    assert answer.status_code == 404
    assert not Consultation.objects.filter(agreed_at__isnull=False).exists()


@pytest.mark.parametrize("times", [1, 3])
def test_the_list_asks_the_same_however_long(account, holder, now, times, django_assert_max_num_queries):
    for _time in range(times):
        talk = breached.told(account, at=now - 3 * HOUR).consultations.get()
        conferring.choose(talk, offered(talk, now), actor=holder, at=now)
    breached.told(AccountFactory(), at=now)
    client = device(holder)
    client.get(ALL)
    with django_assert_max_num_queries(13):
        assert len(client.get(ALL).json()["results"]) == times
