"""Scenarios: the contract of ``simulate``, lives worked out by hand, and a slow second opinion on thousands of others."""

from __future__ import annotations

import calendar
import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.models import Account
from cannonworks.errors import BadScenario
from retention import ledger
from retention.simulation import read_scenario, simulate

pytestmark = pytest.mark.django_db
EVERYTHING = ["account", "relations", "employees", "documents", "usage", "requests"]


def run(*events: tuple, until: str, trial_days: int = 30) -> dict[str, Any]:
    """Simulate events given as ``(day, do)`` or ``(day, do, arguments)``."""
    plain = [{"on": on, "do": do, **(rest[0] if rest else {})} for on, do, *rest in events]
    return simulate(read_scenario({"trial_days": trial_days, "until": until, "events": plain}))


def outcome(*events: tuple, until: str, **options: Any) -> tuple[str | None, dict[str, str | None]]:
    result = run(*events, until=until, **options)
    assert [event["refused"] for event in result["events"]] == [None] * len(events)
    return result["state"], result["erased"]


def refusals(result: dict[str, Any]) -> list[str | None]:
    return [event["refused"] and event["refused"].partition(":")[0] for event in result["events"]]


# --- The contract --------------------------------------------------------------------------------------------


@pytest.mark.clause("5.4")
def test_the_result_has_the_shape_that_other_tools_read():
    result = run(("2024-01-31", "sign_up"), ("2024-02-10", "activate"), ("2024-02-29", "cancel"),
                 ("2026-02-28", "reactivate"), until="2026-12-31")  # fmt: skip
    assert result == {
        "events": [
            {"on": "2024-01-31", "do": "sign_up", "state": "trial", "refused": None},
            {"on": "2024-02-10", "do": "activate", "state": "active", "refused": None},
            {"on": "2024-02-29", "do": "cancel", "state": "cancelled", "refused": None},
            {"on": "2026-02-28", "do": "reactivate", "state": "erased", "refused": "erased: This account has been erased."},
        ],
        "erased": {"account": "2026-02-28", "evidence": None},
        "state": "erased",
    }  # fmt: skip


def test_nothing_happens_without_events_and_before_a_sign_up():
    assert run(until="2026-01-01") == {"events": [], "erased": {}, "state": None}
    result = run(("2026-01-01", "cancel"), until="2026-01-01")
    assert result == {
        "events": [{"on": "2026-01-01", "do": "cancel", "state": None, "refused": "no_account: There is no account yet."}],
        "erased": {}, "state": None,
    }  # fmt: skip


def test_it_leaves_no_row_and_no_line_in_the_ledger():
    before = {model: model._default_manager.count() for model in apps.get_models()}
    state, _erased = outcome(("2024-01-01", "sign_up"), ("2024-01-02", "add_employee"), until="2040-01-01")
    assert state == "erased"
    assert {model: model._default_manager.count() for model in apps.get_models()} == before
    assert not ledger.path().exists()


def test_other_accounts_do_not_notice():
    from tests.lives import DUE_ON, full_life, rows

    account = full_life()
    before = rows(account)
    run(("2020-01-01", "sign_up"), until=str(DUE_ON + timedelta(days=4000)))
    assert rows(account) == before
    assert Account.objects.get().state == "cancelled"


# --- Lives worked out by hand --------------------------------------------------------------------------------


@pytest.mark.clause("2", "5.3")
@pytest.mark.parametrize(
    ("signed_up", "lapses", "erased"),
    [
        ("2024-01-01", "2024-01-31", "2026-01-31"),
        ("2024-01-30", "2024-02-29", "2026-02-28"),  # a leap day has no anniversary in 2026
        ("2022-01-30", "2022-03-01", "2024-03-01"),
        ("2025-08-01", "2025-08-31", "2027-08-31"),
    ],
)
def test_a_trial_that_nobody_activates(signed_up, lapses, erased):
    def at(until):
        return outcome((signed_up, "sign_up"), until=until)[0]

    def before(day):
        return str(date.fromisoformat(day) - timedelta(days=1))

    assert [at(before(lapses)), at(lapses), at(before(erased)), at(erased)] == ["trial", "lapsed", "lapsed", "erased"]


@pytest.mark.clause("5.4")
@pytest.mark.parametrize(
    ("cancelled", "erased"),
    [
        ("2024-02-29", "2026-02-28"),
        ("2026-02-28", "2028-02-28"),
        ("2024-08-31", "2026-08-31"),
        ("2022-02-28", "2024-02-28"),
    ],
)
def test_a_cancelled_account_goes_on_its_second_anniversary(cancelled, erased):
    life = (
        ("2020-01-01", "sign_up"),
        ("2020-01-02", "activate"),
        ("2020-01-03", "add_relation"),
        (cancelled, "cancel"),
    )
    before = str(date.fromisoformat(erased) - timedelta(days=1))
    assert outcome(*life, until=before) == ("cancelled", {"account": None, "relations": None, "evidence": None})
    assert outcome(*life, until=erased) == ("erased", {"account": erased, "relations": erased, "evidence": None})


@pytest.mark.clause("5.4")
def test_reactivation_starts_the_two_years_anew():
    life = (("2020-01-01", "sign_up"), ("2020-01-02", "activate"), ("2020-06-01", "cancel"), ("2022-05-31", "reactivate"),
            ("2022-06-01", "cancel"))  # fmt: skip
    assert outcome(*life, until="2024-05-31")[0] == "cancelled"
    assert outcome(*life, until="2024-06-01")[0] == "erased"


@pytest.mark.clause("2", "5.3")
def test_a_lapsed_account_is_activated_until_the_day_before_its_erasure():
    assert refusals(run(("2024-01-01", "sign_up"), ("2026-01-30", "activate"), until="2030-01-01")) == [None, None]
    assert refusals(run(("2024-01-01", "sign_up"), ("2026-01-31", "activate"), until="2030-01-01")) == [None, "erased"]


@pytest.mark.clause("5.1")
def test_an_active_account_stays_for_ever():
    life = (("2000-01-01", "sign_up"), ("2000-01-02", "activate"), ("2000-02-01", "charge_subscription"))
    assert outcome(*life, until="2099-12-31") == ("active", {"account": None, "bookkeeping": None, "evidence": None})


@pytest.mark.clause("1", "5.4")
def test_bookkeeping_goes_year_by_year_and_evidence_after_five():
    life = (("2020-01-01", "sign_up"), ("2020-01-02", "activate"), ("2020-12-31", "charge_subscription"),
            ("2021-01-01", "charge_subscription"), ("2021-06-30", "cancel"))  # fmt: skip
    kept = {"account": "2023-06-30", "bookkeeping": None, "evidence": None}
    assert outcome(*life, until="2028-06-29") == ("erased", kept)
    assert outcome(*life, until="2028-06-30")[1]["evidence"] == "2028-06-30"
    assert outcome(*life, until="2028-12-31")[1]["bookkeeping"] is None
    assert outcome(*life, until="2029-01-01")[1] == {
        "account": "2023-06-30", "bookkeeping": "2029-01-01", "evidence": "2028-06-30",
    }  # fmt: skip


@pytest.mark.clause("1", "5.1")
def test_bookkeeping_is_never_erased_while_the_account_exists():
    life = (
        ("2010-01-01", "sign_up"),
        ("2010-01-02", "activate"),
        ("2010-01-03", "charge_subscription"),
        ("2024-05-05", "cancel"),
    )
    assert outcome(*life, until="2026-05-04")[1]["bookkeeping"] is None
    assert outcome(*life, until="2026-05-05")[1]["bookkeeping"] == "2026-05-05"


@pytest.mark.clause("5.5", "6")
@pytest.mark.parametrize(
    "way",
    [
        (("2024-01-05", "request_erasure"),),
        (("2024-03-01", "request_erasure"),),
        (("2024-01-05", "activate"), ("2024-03-01", "cancel", {"erase_immediately": True})),
        (("2024-01-05", "activate"), ("2024-02-01", "cancel"), ("2024-03-01", "request_erasure")),
    ],
    ids=["trial", "lapsed", "cancelling", "cancelled"],
)
def test_a_registered_letter_erases_on_its_day_whatever_the_state(way):
    state, erased = outcome(
        ("2024-01-01", "sign_up"), *way, ("2024-03-07", "receive_registered_letter"), until="2024-03-07"
    )
    assert (state, erased["account"]) == ("erased", "2024-03-07")


@pytest.mark.clause("5.5", "6")
def test_a_letter_needs_an_open_request():
    result = run(
        ("2024-01-01", "sign_up"), ("2024-01-02", "receive_registered_letter"), ("2024-01-03", "withdraw_erasure"),
        ("2024-01-04", "request_erasure"), ("2024-01-04", "request_erasure"), ("2024-01-05", "withdraw_erasure"),
        ("2024-01-06", "receive_registered_letter"), ("2024-01-07", "request_erasure"), ("2024-01-08", "activate"),
        ("2024-01-09", "receive_registered_letter"), ("2024-01-10", "request_erasure"), until="2024-02-01",
    )  # fmt: skip
    assert refusals(result) == [
        None, "no_request", "no_request", None, "already_asked", None, "no_request", None, None, "no_request", "still_active",
    ]  # fmt: skip
    assert result["state"] == "active"


@pytest.mark.clause("5 hold")
def test_a_held_category_stays_and_goes_on_the_day_of_its_release():
    life = (("2020-01-01", "sign_up"), ("2020-01-02", "activate"), ("2020-01-03", "add_relation"),
            ("2020-01-03", "add_employee"), ("2021-01-01", "place_hold", {"name": "a", "categories": ["relations"]}),
            ("2021-01-01", "cancel"))  # fmt: skip
    erased = {"account": "2023-01-01", "relations": None, "employees": "2023-01-01", "evidence": None}
    assert outcome(*life, until="2027-01-01") == ("erased", erased)
    released = outcome(*life, ("2027-03-03", "release_hold", {"name": "a"}), until="2027-03-03")
    assert released == ("erased", {**erased, "relations": "2027-03-03"})


@pytest.mark.clause("5 hold")
def test_a_hold_on_everything_keeps_the_account_as_it_is():
    life = (("2020-01-01", "sign_up"), ("2020-01-02", "activate"), ("2021-01-01", "cancel"),
            ("2022-01-01", "place_hold", {"name": "a", "categories": EVERYTHING}))  # fmt: skip
    assert outcome(*life, until="2030-01-01") == ("cancelled", {"account": None, "evidence": None})
    assert refusals(run(*life, ("2024-01-01", "reactivate"), until="2024-01-01"))[-1] == "too_late"
    assert (
        outcome(*life, ("2025-05-05", "release_hold", {"name": "a"}), until="2025-05-05")[1]["account"] == "2025-05-05"
    )


@pytest.mark.clause("5 hold", "6")
def test_evidence_is_kept_five_years_after_the_erasure_itself_however_late_that_was():
    life = (("2010-01-01", "sign_up"), ("2010-01-02", "place_hold", {"name": "a", "categories": EVERYTHING}),
            ("2020-06-01", "release_hold", {"name": "a"}))  # fmt: skip
    assert outcome(*life, until="2025-05-31")[1] == {"account": "2020-06-01", "evidence": None}
    assert outcome(*life, until="2025-06-01")[1] == {"account": "2020-06-01", "evidence": "2025-06-01"}


@pytest.mark.clause("5 hold", "5.5")
def test_a_hold_stands_before_a_letter_too():
    life = (("2020-01-01", "sign_up"), ("2020-01-03", "add_relation"),
            ("2020-01-04", "place_hold", {"name": "a", "categories": EVERYTHING}), ("2020-01-05", "request_erasure"),
            ("2020-01-06", "receive_registered_letter"))  # fmt: skip
    assert outcome(*life, until="2020-06-01") == ("lapsed", {"account": None, "relations": None, "evidence": None})
    assert outcome(*life, ("2020-06-01", "release_hold", {"name": "a"}), until="2020-06-01") == (
        "erased", {"account": "2020-06-01", "relations": "2020-06-01", "evidence": None},
    )  # fmt: skip


@pytest.mark.clause("5 hold")
def test_what_two_holds_keep_goes_with_the_second_release():
    life = (("2020-01-01", "sign_up"), ("2020-01-03", "add_relation"),
            ("2020-01-04", "place_hold", {"name": "a", "categories": ["relations"]}),
            ("2020-01-04", "place_hold", {"name": "b", "categories": ["relations", "account"]}))  # fmt: skip
    result = run(*life, ("2023-01-01", "release_hold", {"name": "a"}), ("2023-02-01", "release_hold", {"name": "b"}),
                 ("2023-02-02", "release_hold", {"name": "b"}), until="2023-03-01")  # fmt: skip
    assert refusals(result)[4:] == [None, None, "no_hold"]
    assert result["erased"] == {"account": "2023-02-01", "relations": "2023-02-01", "evidence": None}


@pytest.mark.clause("5 hold", "6")
def test_a_hold_that_still_stands_does_not_keep_the_evidence_around_it():
    life = (("2020-01-01", "sign_up"), ("2020-01-02", "activate"), ("2020-12-31", "charge_subscription"),
            ("2021-01-01", "place_hold", {"name": "a", "categories": ["bookkeeping"]}), ("2021-06-30", "cancel"))  # fmt: skip
    gone = {"account": "2023-06-30", "bookkeeping": None, "evidence": None}
    assert outcome(*life, until="2028-06-29") == ("erased", gone)
    assert outcome(*life, until="2030-01-01") == ("erased", {**gone, "evidence": "2028-06-30"})
    released = outcome(*life, ("2031-03-03", "release_hold", {"name": "a"}), until="2031-03-03")[1]
    # What the hold deferred goes with its release, and so does the hold: there is never evidence to be seen again.
    assert released == {**gone, "bookkeeping": "2031-03-03", "evidence": "2028-06-30"}


@pytest.mark.clause("5.2")
def test_an_invoice_can_be_deleted_after_seven_years_and_never_by_itself():
    life = (
        ("2020-01-01", "sign_up"),
        ("2020-01-02", "activate"),
        ("2020-12-31", "issue_invoice"),
        ("2021-01-01", "issue_invoice"),
    )
    result = run(*life, ("2027-12-31", "delete_invoice"), ("2028-01-01", "delete_invoice"), ("2028-01-01", "delete_invoice"),
                 ("2029-01-01", "delete_invoice"), ("2029-01-01", "delete_invoice"), until="2029-01-01")  # fmt: skip
    assert refusals(result)[4:] == ["kept_seven_years", None, "kept_seven_years", None, "no_invoice"]
    assert result["erased"]["documents"] == "2029-01-01"


@pytest.mark.clause("5.2", "5.4")
def test_issued_invoices_go_with_the_account():
    life = (
        ("2020-01-01", "sign_up"),
        ("2020-01-02", "activate"),
        ("2020-12-31", "issue_invoice"),
        ("2021-01-01", "cancel"),
    )
    assert outcome(*life, until="2023-01-01")[1]["documents"] == "2023-01-01"


@pytest.mark.clause("2", "5.4")
def test_an_ended_account_is_read_only_and_not_charged():
    life = [("2020-01-01", "sign_up"), ("2020-01-02", "activate"), ("2021-01-01", "cancel")]
    tried = [
        ("2021-01-01", do)
        for do in ("add_relation", "add_employee", "issue_invoice", "delete_invoice", "charge_subscription")
    ]
    assert refusals(run(*life, *tried, until="2021-01-01"))[3:] == [
        "read_only", "read_only", "read_only", "no_invoice", "not_active",
    ]  # fmt: skip


@pytest.mark.clause("2")
def test_a_trial_of_no_days_lapses_by_the_next_sweep():
    assert outcome(("2024-01-01", "sign_up"), until="2024-01-02", trial_days=0)[0] == "lapsed"
    assert outcome(("2024-01-01", "sign_up"), until="2026-01-01", trial_days=0)[0] == "erased"


# --- Bad input -----------------------------------------------------------------------------------------------

GOOD = {"trial_days": 30, "until": "2026-01-01", "events": [{"on": "2024-01-31", "do": "sign_up"}]}
HOLD = {"on": "2024-02-01", "do": "place_hold", "name": "a", "categories": ["account"]}


def with_event(**event: Any) -> dict[str, Any]:
    return {**GOOD, "events": [*GOOD["events"], {"on": "2024-02-01", **event}]}


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ([], "scenario: must be an object."),
        (None, "scenario: must be an object."),
        ({**GOOD, "colour": 1}, "scenario: unknown colour."),
        ({**GOOD, "trial_days": "30"}, "scenario: trial_days must be a whole number of days."),
        ({**GOOD, "trial_days": -1}, "scenario: trial_days must be a whole number of days."),
        ({**GOOD, "trial_days": True}, "scenario: trial_days must be a whole number of days."),
        ({**GOOD, "trial_days": 10**30}, "scenario: trial_days must be a whole number of days."),
        ({**GOOD, "until": None}, "scenario: until must be a day like 2024-01-31,"),
        ({**GOOD, "until": "2026-02-29"}, "scenario: until must be a day like 2024-01-31,"),
        ({**GOOD, "until": "20260228"}, "scenario: until must be a day like 2024-01-31,"),
        ({**GOOD, "until": "2026-W01-1"}, "scenario: until must be a day like 2024-01-31,"),
        ({**GOOD, "until": "9999-12-31"}, "scenario: until must be a day like 2024-01-31,"),
        ({**GOOD, "until": "0001-01-01"}, "scenario: until must be a day like 2024-01-31,"),
        ({**GOOD, "events": {}}, "scenario: events must be a list."),
        ({"until": "2026-01-01"}, "scenario: events must be a list."),
        ({**GOOD, "events": [1]}, "scenario: events[0]: must be an object."),
        (with_event(do="explode"), "scenario: events[1]: do must be one of"),
        (with_event(do=["sign_up"]), "scenario: events[1]: do must be one of"),
        (with_event(do="cancel", erase_immediately="yes"), "scenario: events[1]: erase_immediately must be a bool."),
        (with_event(do="activate", erase_immediately=True), "scenario: events[1]: unknown erase_immediately."),
        (with_event(do="release_hold"), "scenario: events[1]: release_hold needs name."),
        (with_event(**{**HOLD, "name": " "}), "scenario: events[1]: name must have 1 to 60 characters,"),
        (with_event(**{**HOLD, "name": "a" * 61}), "scenario: events[1]: name must have 1 to 60 characters,"),
        (with_event(**{**HOLD, "name": "a\x00"}), "scenario: events[1]: name must have 1 to 60 characters,"),
        (with_event(**{**HOLD, "name": "\ud800"}), "scenario: events[1]: name must have 1 to 60 characters,"),
        (with_event(**{**HOLD, "categories": []}), "scenario: events[1]: categories must be some of"),
        (with_event(**{**HOLD, "categories": ["all"]}), "scenario: events[1]: categories must be some of"),
        (with_event(**{**HOLD, "categories": [[]]}), "scenario: events[1]: categories must be some of"),
        (with_event(**{**HOLD, "on": "2024-01-30"}), "scenario: events[1]: events come in the order of their days"),
        (with_event(**{**HOLD, "on": "2026-01-02"}), "scenario: events[1]: events come in the order of their days"),
        (with_event(do="activate", on=20240131), "scenario: events[1]: on must be a day like 2024-01-31,"),
    ],
)  # fmt: skip
def test_a_scenario_that_cannot_be_read_is_told_with_its_place(raw, told):
    with pytest.raises(BadScenario) as caught:
        read_scenario(raw)
    assert str(caught.value).startswith(told)


def test_a_good_scenario_is_read():
    assert json.loads(json.dumps(simulate(read_scenario(GOOD))))["state"] == "lapsed"
    assert read_scenario({k: v for k, v in GOOD.items() if k != "trial_days"}).trial_days == 30


# --- A second opinion ----------------------------------------------------------------------------------------
# Written from the clauses alone: one day after another, sets and dates, nothing of the product's.

LAST_OF_MONTH = calendar.monthrange


def later(day: date, *, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, LAST_OF_MONTH(year, month + 1)[1]))


def year_is_over(day: date) -> date:
    return date(day.year + 8, 1, 1)


@dataclass
class Life:
    """One account as the clauses tell it; ``there`` holds the categories that have data, ``erased`` when they went."""

    trial_days: int
    state: str | None = None
    trial_end: date | None = None
    cancelled: date | None = None
    ordered: date | None = None
    gone_on: date | None = None
    asked: bool = False
    there: set[str] = field(default_factory=set)
    erased: dict[str, str | None] = field(default_factory=dict)
    invoices: list[date] = field(default_factory=list)
    books: list[date] = field(default_factory=list)
    holds: dict[str, set[str]] = field(default_factory=dict)

    def held(self) -> set[str]:
        return set().union(*self.holds.values())

    def ends_on(self) -> date | None:
        if self.ordered:
            return self.ordered
        if self.state == "lapsed":
            return later(self.trial_end, months=24)
        return later(self.cancelled, months=24) if self.state == "cancelled" else None

    def add(self, category: str) -> None:
        self.there.add(category)
        self.erased[category] = None

    def drop(self, category: str, day: date) -> None:
        if category in self.there:
            self.there.remove(category)
            self.erased[category] = day.isoformat()

    def sweep(self, day: date) -> None:
        if self.state == "trial" and self.trial_end <= day:
            self.state = "lapsed"
        self.erase(day)

    def erase(self, day: date) -> None:
        if self.state != "erased":
            end = self.ends_on()
            if end is None or end > day or set(EVERYTHING) <= self.held():
                return
            self.state, self.gone_on = "erased", day
        for category in EVERYTHING:
            if category not in self.held():
                self.drop(category, day)
        if "bookkeeping" not in self.held():
            self.books = [end for end in self.books if end > day]
            if not self.books:
                self.drop("bookkeeping", day)
        if later(self.gone_on, months=60) <= day and "evidence" not in self.held():
            self.drop("evidence", day)
            if not self.books and not self.deferred():
                self.holds.clear()  # nothing is left that they could be on

    # Each event returns the code of its refusal, or nothing.
    def not_going(self) -> str | None:
        if self.state == "erased":
            return "erased"
        return "erasure_confirmed" if self.ordered else None

    def writable(self) -> str | None:
        return self.not_going() or (None if self.state in ("trial", "active") else "read_only")

    def do(self, name: str, day: date, arguments: dict[str, Any]) -> str | None:
        if self.state is None and name != "sign_up":
            return "no_account"
        return getattr(self, name)(day, **arguments)

    def sign_up(self, day: date) -> str | None:
        if self.state:
            return "signed_up"
        self.state, self.trial_end = "trial", day + timedelta(days=self.trial_days)
        self.add("account")
        self.add("evidence")
        return None

    def resume(self, day: date, allowed: tuple[str, ...]) -> str | None:
        if why := self.not_going():
            return why
        if (self.ends_on() or date.max) <= day:
            return "too_late"
        if self.state not in allowed:
            return "no_such_step"
        self.state, self.cancelled, self.asked = "active", None, False
        return None

    def activate(self, day: date) -> str | None:
        return self.resume(day, ("trial", "lapsed"))

    def reactivate(self, day: date) -> str | None:
        return self.resume(day, ("cancelled",))

    def cancel(self, day: date, erase_immediately: bool = False) -> str | None:
        if self.state != "active":
            return "no_such_step"
        self.state, self.cancelled, self.asked = "cancelled", day, erase_immediately
        return None

    def request_erasure(self, day: date) -> str | None:
        if self.state == "active":
            return "still_active"
        if why := self.not_going() or ("already_asked" if self.asked else None):
            return why
        self.asked = True
        return None

    def withdraw_erasure(self, day: date) -> str | None:
        if not self.asked:
            return "no_request"
        self.asked = False
        return None

    def receive_registered_letter(self, day: date) -> str | None:
        if not self.asked:
            return "no_request"
        if why := self.not_going():
            return why
        self.asked, self.ordered = False, day
        self.erase(day)
        return None

    def issue_invoice(self, day: date) -> str | None:
        if why := self.writable():
            return why
        self.invoices.append(day)
        self.add("documents")
        return None

    def delete_invoice(self, day: date) -> str | None:
        if not self.invoices or "documents" not in self.there:
            return "no_invoice"
        if why := self.writable():
            return why
        if day < year_is_over(min(self.invoices)):
            return "kept_seven_years"
        self.invoices.remove(min(self.invoices))
        if not self.invoices:
            self.drop("documents", day)
        return None

    def charge_subscription(self, day: date) -> str | None:
        if self.state != "active":
            return "not_active"
        self.books.append(year_is_over(day))
        self.add("bookkeeping")
        return None

    def add_relation(self, day: date) -> str | None:
        if why := self.writable():
            return why
        self.add("relations")
        return None

    def add_employee(self, day: date) -> str | None:
        if why := self.writable():
            return why
        self.add("employees")
        return None

    def release_hold(self, day: date, name: str) -> str | None:
        if name not in self.holds:
            return "no_hold"
        del self.holds[name]
        self.erase(day)
        return None

    def place_hold(self, day: date, name: str, categories: list[str]) -> str | None:
        if self.state == "erased":
            left = (self.there & {"evidence"}) | ({"bookkeeping"} if self.books else set()) | self.deferred()
            if set(categories) - left:
                return "already_erased"
        if name in self.holds:
            return "hold_name"
        self.holds[name] = set(categories)
        self.add("evidence")  # of the placing; past its term at once when that of the account is
        return None

    def deferred(self) -> set[str]:
        """What was held when the account went is still held, or it would be gone by now."""
        return set(EVERYTHING) & self.held()


def second_opinion(raw: dict[str, Any]) -> dict[str, Any]:
    """The same scenario, day by day."""
    life, events, told = Life(raw["trial_days"]), list(raw["events"]), []
    day = date.fromisoformat(events[0]["on"]) if events else date.max
    until = date.fromisoformat(raw["until"])
    while day <= until:
        if life.state:
            life.sweep(day)
        while events and date.fromisoformat(events[0]["on"]) == day:
            event = dict(events.pop(0))
            on, do = event.pop("on"), event.pop("do")
            refused = life.do(do, day, event)
            told.append({"on": on, "do": do, "state": life.state, "refused": refused})
        day += timedelta(days=1)
    return {"events": told, "erased": life.erased, "state": life.state}


def plain(result: dict[str, Any]) -> dict[str, Any]:
    """Refusals by their code; an erased account refuses in more than one way, with or without its tombstone."""
    for event in result["events"]:
        if event["refused"]:
            event["refused"] = "erased" if event["state"] == "erased" else event["refused"].partition(":")[0]
    return result


DAYS_APART = st.one_of(
    st.integers(0, 3), st.integers(0, 400), st.sampled_from([0, 28, 29, 30, 31, 364, 365, 366, 729, 730, 731, 2557])
)
NAMES = st.sampled_from(["a", "b"])
CATEGORIES = st.lists(st.sampled_from([*EVERYTHING, "bookkeeping", "evidence"]), min_size=1, max_size=3, unique=True)
EVENTS = st.one_of(
    st.sampled_from(
        ["activate", "activate", "cancel", "cancel", "reactivate", "request_erasure", "withdraw_erasure", "issue_invoice",
         "receive_registered_letter", "delete_invoice", "charge_subscription", "add_relation", "add_employee"]
    ).map(lambda do: {"do": do}),
    st.just({"do": "cancel", "erase_immediately": True}),
    st.builds(lambda name, categories: {"do": "place_hold", "name": name, "categories": categories}, NAMES, CATEGORIES),
    st.builds(lambda name: {"do": "place_hold", "name": name, "categories": EVERYTHING}, NAMES),
    st.builds(lambda name: {"do": "release_hold", "name": name}, NAMES),
)  # fmt: skip


@st.composite
def scenarios(draw) -> dict[str, Any]:
    """A life from a day at random on; the days between events like to fall on the edges of the windows."""
    day = draw(
        st.one_of(
            st.dates(date(2019, 1, 1), date(2025, 12, 31)), st.just(date(2024, 2, 29)), st.just(date(2023, 8, 31))
        )
    )
    events = [{"on": day.isoformat(), "do": "sign_up"}]
    for event in draw(st.lists(EVENTS, max_size=9)):
        day += timedelta(days=draw(DAYS_APART))
        events.append({"on": day.isoformat(), **event})
    until = day + timedelta(days=draw(st.one_of(st.integers(0, 40), st.integers(700, 760), st.integers(0, 4000))))
    return {"trial_days": draw(st.sampled_from([30, 30, 30, 14, 0])), "until": until.isoformat(), "events": events}


@pytest.mark.clause("2", "5.1", "5.2", "5.3", "5.4", "5.5", "5 hold")
@settings(
    max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
)
@given(raw=scenarios())
def test_the_product_agrees_with_a_second_reading_of_the_clauses(raw):
    assert plain(simulate(read_scenario(raw))) == plain(second_opinion(raw))
