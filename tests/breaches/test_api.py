"""Breaches over the API: list, phases and clock, acknowledging, the supervisor's form, reports (§13)."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import Account
from breaches import reporting
from breaches.models import BreachReport, Notice, Permission
from tests import breached
from tests.callers import API, browser, device, problem
from tests.signin import freshly

pytestmark = [pytest.mark.django_db, pytest.mark.clause("13")]
V1 = f"{API}/"
HOUR = timedelta(hours=1)


@pytest.fixture
def now():
    return timezone.now().replace(microsecond=0)


@pytest.fixture
def row(account, now):
    return breached.told(account, at=now - 5 * HOUR)


def read(client, path="breaches/"):
    return client.get(f"{V1}{path}").json()


def test_the_list_has_the_breach_its_clock_and_whether_it_was_read(holder, colleague, row, now):
    (found,) = read(device(colleague))["results"]
    assert (found["reference"], found["number"], found["title"], found["is_read"]) == (
        str(row.reference), row.number, "Backups within reach", False,
    )  # fmt: skip
    ends = now - 3 * HOUR + timedelta(hours=72)
    assert found["supervisor_due_at"][:19] == ends.astimezone(breached.AMSTERDAM).isoformat()[:19]
    assert read(device(holder), f"breaches/{row.reference}/")["is_read"] is True
    assert read(device(colleague))["results"][0]["is_read"] is True


def test_the_pages_of_the_list_have_all_of_them(holder, account, now):
    rows = [breached.told(account, at=now - 5 * HOUR) for _time in range(3)]
    client = device(holder)
    first = client.get(f"{V1}breaches/?limit=2").json()
    second = client.get(first["next"]).json()
    numbers = [found["number"] for found in first["results"] + second["results"]]
    assert numbers == [row.number for row in reversed(rows)]
    assert second["next"] is None


def test_one_has_its_phases_and_what_changed_and_the_clock_explained(holder, account, row):
    breached.notice(breached.phase(row, is_released=True, cause_en="A laptop."), account)
    found = read(device(holder), f"breaches/{row.reference}/")
    assert [(phase["number"], phase["changed"]) for phase in found["phases"]] == [(2, ["cause"]), (1, [])]
    assert found["phases"][0]["texts"]["cause"] == "A laptop."
    assert found["phases"][0]["read_at"]
    clock = found["supervisor"]
    assert (clock["hours_left"], clock["is_over"]) == (68, False)
    assert clock["explained"][0].startswith("Start: ")
    assert found["can_be_acknowledged"] is True


def test_the_main_user_acknowledges_once_and_again_and_a_colleague_never(holder, colleague, row):
    address = f"{V1}breaches/{row.reference}/acknowledge/"
    problem(device(colleague).post(address), 409, "not_main_user")
    first, second = (device(holder).post(address) for _time in range(2))
    assert first.status_code == second.status_code == 200
    assert first.json()["phases"][0]["acknowledged_at"] == second.json()["phases"][0]["acknowledged_at"]
    assert Notice.objects.get().acknowledged_by == holder.reference


def test_the_form_is_that_of_the_download(holder, row):
    there = device(holder).get(f"{V1}breaches/{row.reference}/supervisor/?language=nl").json()
    file = json.loads(freshly(Client(), holder).get(f"/breaches/{row.reference}/supervisor.json?language=nl").content)
    assert there | {"made_at": ""} == file | {"made_at": ""}
    problem(device(holder).get(f"{V1}breaches/{row.reference}/supervisor/?language=de"), 400, "invalid")


def said(now, **more):
    return {"kind": "leak", "noticed_at": (now - HOUR).isoformat(), "what": "A laptop was stolen.", **more}


def test_a_report_is_made_and_its_answer_read(holder, colleague, staff, now):
    answer = device(colleague).post(f"{V1}breach-reports/", said(now, contact="06"), format="json")
    assert answer.status_code == 201, answer.content
    made = BreachReport.objects.get()
    assert (answer.json()["reference"], made.reported_by, made.is_ongoing) == (
        str(made.reference), colleague.reference, True,
    )  # fmt: skip
    assert answer.json()["consultation_due_at"]
    reporting.judge_report(made, actor=staff, at=now, answer="It was encrypted.")
    (found,) = read(device(holder), "breach-reports/")["results"]
    assert (found["answer"], found["is_breach"]) == ("It was encrypted.", False)
    assert read(device(holder), f"breach-reports/{made.reference}/") == found


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"what": ""}, "#/what"),
        ({"what": "x" * 4001}, "#/what"),
        ({"kind": "rumour"}, "#/kind"),
        ({"noticed_at": "2099-01-01T00:00:00Z"}, "#/noticed_at"),
        ({"answer_me": "now"}, "#/answer_me"),
    ],
)
def test_a_wrong_report_says_where(holder, now, body, pointer):
    told = problem(device(holder).post(f"{V1}breach-reports/", said(now) | body, format="json"), 400, "invalid")
    assert [error["pointer"] for error in told["errors"]] == [pointer]
    assert not BreachReport.objects.exists()


def test_what_is_ours_in_a_report_cannot_be_sent(holder, now):
    body = said(now, answer="Nothing", judged_at=now.isoformat(), channel="phone")
    device(holder).post(f"{V1}breach-reports/", body, format="json")
    made = BreachReport.objects.get()
    assert (made.answer, made.judged_at, made.channel) == ("", None, "app")


def test_too_many_reports_are_refused_with_their_code(holder, now, monkeypatch):
    monkeypatch.setattr(reporting, "REPORTS_AN_HOUR", 0)
    problem(device(holder).post(f"{V1}breach-reports/", said(now), format="json"), 409, "too_often")


def test_another_account_finds_nothing(outsider, account, row, now):
    made = breached.report(account, at=now)
    client = device(outsider)
    assert read(client)["results"] == read(client, "breach-reports/")["results"] == []
    for path in (
        f"breaches/{row.reference}/",
        f"breaches/{row.reference}/supervisor/",
        f"breach-reports/{made.reference}/",
    ):
        problem(client.get(V1 + path), 404, "not_found")
    problem(client.post(f"{V1}breaches/{row.reference}/acknowledge/"), 404, "not_found")


def test_a_blocked_account_does_all_of_it(account, holder, row, now):
    Account.objects.filter(pk=account.pk).update(blocked_at=now)
    client = browser(holder)
    problem(client.get(f"{V1}relations/"), 409, "blocked")
    assert read(client)["results"]
    assert client.post(f"{V1}breaches/{row.reference}/acknowledge/").status_code == 200
    assert client.get(f"{V1}breaches/{row.reference}/supervisor/").status_code == 200
    assert client.post(f"{V1}breach-reports/", said(now), format="json").status_code == 201


@pytest.mark.parametrize("times", [1, 3])
def test_lists_ask_the_same_however_long(account, holder, now, times, asks):
    for _time in range(times):
        breached.told(account, at=now - 5 * HOUR)
        made = breached.report(account, at=now)
        breached.consultation(None, account, opened_at=now, report=made)
    client = browser(holder)
    read(client)
    with asks(3 + 3):  # session, user, account; breaches, when told, what was read
        read(client)
    with asks(3 + 1):
        read(client, "breach-reports/")


# --- Whom we may tell ------------------------------------------------------------------------------------------------


def test_a_permission_wants_a_fresh_proof_and_the_answer_names_the_page(account, holder, row):
    address = f"{API}/breaches/{row.reference}/permission/"
    for client in (device(holder), browser(holder)):
        told = problem(client.post(address, {"to_subjects": True}, format="json"), 403, "not_fresh")
        assert told["page"] == f"{settings.SITE_URL}/breaches/{row.reference}/permission/"
    assert not Permission.objects.exists()


def test_a_permission_is_given_replaced_and_taken_back_by_the_main_user(account, holder, colleague, outsider, row):
    address = f"{API}/breaches/{row.reference}/permission/"
    client = freshly(browser(holder), holder)
    assert client.post(address, {"to_subjects": True}, format="json").json() == {"to_subjects": True, "to_others": ""}
    client.post(address, {"to_subjects": False, "to_others": "Noorderpolis"}, format="json")
    problem(client.post(address, {"to_subjects": False}, format="json"), 400, "invalid")
    (stands,) = Permission.objects.filter(withdrawn_at=None)
    assert (stands.to_subjects, stands.to_others, stands.given_by) == (False, "Noorderpolis", holder.reference)
    problem(device(colleague).delete(address), 403, "permission_denied")
    problem(device(outsider).delete(address), 404, "not_found")
    assert device(holder).delete(address).status_code == 204  # to take back needs no proof, as on the page
    assert not Permission.objects.filter(withdrawn_at=None).exists()


@pytest.mark.parametrize(
    ("method", "address", "page"),
    [
        ("post", "erasure-request/", "/erasure/"), ("post", "account/cancel/", "/account/cancel/"),
    ],
)  # fmt: skip
def test_every_action_that_wants_a_fresh_proof_names_its_page(holder, method, address, page):
    answer = getattr(device(holder), method)(f"{API}/{address}", {"erase_immediately": True}, format="json")
    assert problem(answer, 403, "not_fresh")["page"] == settings.SITE_URL + page
