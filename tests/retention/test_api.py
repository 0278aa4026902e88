"""The timeline, holds and warnings over the API: the same rules and days as the sweep and the page."""

from __future__ import annotations

from datetime import date

import pytest
import time_machine

from accounts.states import State
from retention import warnings
from tests import lives
from tests.callers import API, device
from tests.factories import AccountFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-22T12:00:00+01:00", tick=True):
        yield


@pytest.fixture
def account(db):
    return AccountFactory(state=State.CANCELLED, cancelled_on=date(2026, 2, 28))


def fates(categories):
    return {
        fate["category"]: (fate["kept_until"], fate["erase_on"], fate["rule"]["clause"], fate["held_by"])
        for fate in categories
    }


@pytest.mark.clause("5.4")
def test_the_timeline_has_every_category_and_what_each_step_would_do(account):
    told = device(account.main_user).get(f"{API}/timeline/").json()
    assert {name: told[name] for name in ("on", "state", "kept_until", "erase_on", "last_chance")} == {
        "on": "2026-11-22", "state": "cancelled", "kept_until": "2028-02-28", "erase_on": "2028-02-28",
        "last_chance": "2028-02-27",
    }  # fmt: skip
    both = ("2028-02-28", "2028-02-28", "5.4", [])
    assert fates(told["categories"]) == {
        **dict.fromkeys(lives.EVERYTHING, both),
        "evidence": ("2033-02-28", "2033-02-28", "5", []),
    }
    back, at_once = told["what_if"]
    assert back["title"] == "If you reactivate today"
    assert {fate["erase_on"] for fate in back["categories"]} == {None}
    assert fates(at_once["categories"])["relations"] == ("2026-11-22", "2026-11-22", "5.5", [])


@pytest.mark.clause("5 hold")
def test_a_hold_is_seen_once_it_is_confirmed_and_until_it_is_released(account):
    client = device(account.main_user)
    lives.hold(account, ["documents"], on=date(2026, 11, 1), name="Concept", confirm=False)
    lives.hold(account, ["relations"], on=date(2026, 11, 1))
    assert client.get(f"{API}/holds/").json()["results"] == [
        {
            "name": "Geschil", "categories": ["relations"], "ground": "proof of obligation", "basis": "BW 6:74",
            "proportionality": "Alleen wat voor het geschil nodig is.", "placed_on": "2026-11-01",
            "confirmed_on": "2026-11-01", "review_on": "2027-11-01",
        }
    ]  # fmt: skip
    assert fates(client.get(f"{API}/timeline/").json()["categories"])["relations"][3] == ["Geschil"]


@pytest.mark.clause("5")
def test_warnings_are_listed(account):
    warnings.plan_warnings(on=account.warn_on, only=[account.pk])
    assert device(account.main_user).get(f"{API}/warnings/").json()["results"] == [
        {"erase_on": "2028-02-28", "days": 90, "planned_on": account.warn_on.isoformat(), "sent_at": None}
    ]
