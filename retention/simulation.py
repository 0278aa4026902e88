"""Scenarios through the real services, in a transaction that is rolled back: what the rules come to, day by day.

The same ``lapse_trials``, ``plan_warnings`` and ``erase_due`` as in the sweep run on every day on which something falls
due or happens; nothing of it stays, and nothing outside the database is touched.
"""

from __future__ import annotations

import tempfile
import uuid
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts import services as lifecycle
from accounts.models import Account, User
from accounts.states import State
from cannonworks import datamap
from cannonworks.datamap import Category
from cannonworks.deadlines import start_of_day
from cannonworks.errors import BadScenario, Refused
from finance import bookkeeping
from finance import services as finance
from finance.models import Document, DocumentKind
from relations import services as relations
from retention import erasure, holds, ledger, sweep, warnings
from retention.models import Erasure, Ground, Hold
from rights import services as rights

#: What every event may say besides its day and its name; the bool is whether it must.
ARGUMENTS: dict[str, dict[str, tuple[type, bool]]] = {
    "sign_up": {},
    "activate": {},
    "cancel": {"erase_immediately": (bool, False)},
    "reactivate": {},
    "request_erasure": {},
    "withdraw_erasure": {},
    "receive_registered_letter": {},
    "issue_invoice": {},
    "delete_invoice": {},
    "charge_subscription": {},
    "add_relation": {},
    "add_employee": {},
    "place_hold": {"name": (str, True), "categories": (list, True)},
    "release_hold": {"name": (str, True)},
}

#: Between these every term can be counted, and every day has a midnight in Amsterdam.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)


@dataclass(frozen=True)
class Event:
    """One thing that happens: on which day, what, and with which particulars."""

    on: date
    do: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Scenario:
    """The life of one account, until a day."""

    trial_days: int
    until: date
    events: tuple[Event, ...]


def read_scenario(raw: Any, where: str = "scenario") -> Scenario:
    """Read a scenario from plain JSON; BadScenario names the first place that is wrong."""
    if not isinstance(raw, dict):
        raise BadScenario(f"{where}: must be an object.")
    _only(raw, {"trial_days", "until", "events"}, where)
    trial_days = raw.get("trial_days", settings.TRIAL_DAYS)
    if not isinstance(trial_days, int) or isinstance(trial_days, bool) or not 0 <= trial_days <= 3660:
        raise BadScenario(f"{where}: trial_days must be a whole number of days.")
    until = _day(raw.get("until"), f"{where}: until")
    if not isinstance(raw.get("events"), list):
        raise BadScenario(f"{where}: events must be a list.")
    events = tuple(_event(event, f"{where}: events[{n}]") for n, event in enumerate(raw["events"]))
    for n, event in enumerate(events):
        if event.on > until or (n and event.on < events[n - 1].on):
            raise BadScenario(f"{where}: events[{n}]: events come in the order of their days, until {until} at most.")
    return Scenario(trial_days, until, events)


def simulate(scenario: Scenario) -> dict[str, Any]:
    """Run a scenario and return ``{"events": […], "erased": {category: day or None}, "state": …}``; leaves nothing."""
    with tempfile.TemporaryDirectory() as folder, ledger.elsewhere(Path(folder)), override("en"):
        with transaction.atomic():
            result = _Run(scenario).play()
            transaction.set_rollback(True)
        return result


@cache
def _what_is_there() -> str:
    """SQL of one row that says for each category whether the account has rows of it; see ``_Run._there``."""
    return "SELECT " + ", ".join(
        " OR ".join(map(_exists, datamap.erasable(category))) or "false" for category in Category
    )


def _exists(entry: datamap.Entry) -> str:
    owner = "%(reference)s" if entry.by_reference else "%(key)s"
    but = " AND id <> ALL(%(standing)s)" if entry.model is Hold else ""
    return f'EXISTS (SELECT FROM "{entry.table}" WHERE {entry.belonging(f"= {owner}")}{but})'


class _Run:
    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.account: Any = None  # one Account after sign_up, in memory also when its row is gone
        self.main_user: Any = None
        self.clerk, self.second = (_staff(name) for name in ("Clerk", "Second"))
        self.erased: dict[Category, date | None] = {}

    def play(self) -> dict[str, Any]:
        told = []
        events = list(self.scenario.events)
        day: date | None = events[0].on if events else None
        while day is not None and day <= self.scenario.until:
            self._sweep(day)
            while events and events[0].on == day:
                told.append(self._tell(events.pop(0)))
            day = self._next_day(day, events)
        return {
            "events": told,
            "erased": {category.value: gone and gone.isoformat() for category, gone in self.erased.items()},
            "state": self._state(),
        }

    def _sweep(self, on: date) -> None:
        if self.account is not None:
            only = [self.account.pk]
            sweep.lapse_trials(on=on, only=only)
            warnings.plan_warnings(on=on, only=only)
            self._erase_now(on)
            self._look(on)

    def _tell(self, event: Event) -> dict[str, Any]:
        refused = None
        try:
            if self.account is None and event.do != "sign_up":
                raise Refused("no_account", _("There is no account yet."))
            with transaction.atomic():
                getattr(self, f"_{event.do}")(event.on, **event.arguments)
        except Refused as refusal:
            refused = f"{refusal.code}: {refusal}"
        self._look(event.on)
        return {"on": event.on.isoformat(), "do": event.do, "state": self._state(), "refused": refused}

    def _next_day(self, day: date, events: list[Event]) -> date | None:
        """The next day on which something happens or falls due; the days between change nothing."""
        days = [events[0].on] if events else []
        account = self._fresh()
        if account is not None:
            if account.state == State.TRIAL:  # one of no days at all is over before its first sweep
                days.append(max(account.trial_ends_on, day + timedelta(days=1)))
            if account.erase_on is not None and account.held_since is None:
                days.append(max(account.erase_on, day + timedelta(days=1)))
        return min(days, default=None)

    def _look(self, on: date) -> None:
        there = self._there()
        for category in Category:
            if category in there:
                self.erased[category] = None
            elif category in self.erased and self.erased[category] is None:
                self.erased[category] = on

    def _there(self) -> set[Category]:
        """The categories of which the account has anything that could be erased; asked in one go, after every step."""
        if self.account is None:
            return set()
        # A hold that stands is no data that could be erased: it becomes evidence with its release.
        standing = Hold.objects.active().filter(account=self.account.pk).values_list("pk", flat=True)
        known = {"key": self.account.pk, "reference": self.account.reference, "standing": list(standing)}
        with connection.cursor() as cursor:
            cursor.execute(_what_is_there(), known)
            return {category for category, there in zip(Category, cursor.fetchone(), strict=True) if there}

    def _fresh(self) -> Account | None:
        return Account.objects.filter(pk=self.account.pk).first() if self.account else None

    def _state(self) -> str | None:
        if self.account is None:
            return None
        account = self._fresh()
        return account.state if account else State.ERASED.value

    # --- Events ----------------------------------------------------------------------------------------------

    def _sign_up(self, on: date) -> None:
        if self.account is not None:
            raise Refused("signed_up", _("There is already an account."))
        self.account = lifecycle.sign_up(
            company={"company_name": "Example", "kvk_number": "12345678", "vat_number": "NL002342672B42",
                     "email": "info@example.com",
                     "street": "Brink", "house_number": "1", "postcode": "9401 HS", "city": "Assen"},
            main_user={"email": f"{uuid.uuid4()}@example.com", "first_name": "Main", "last_name": "User"},
            on=on,
            trial_days=self.scenario.trial_days,
        )  # fmt: skip
        self.main_user = self.account.main_user

    def _activate(self, on: date) -> None:
        lifecycle.activate_account(self.account, actor=self.main_user, on=on)

    def _cancel(self, on: date, erase_immediately: bool = False) -> None:
        lifecycle.cancel_account(self.account, actor=self.main_user, on=on, erase_immediately=erase_immediately)

    def _reactivate(self, on: date) -> None:
        lifecycle.reactivate_account(self.account, actor=self.main_user, on=on)

    def _request_erasure(self, on: date) -> None:
        lifecycle.request_erasure(self.account, actor=self.main_user, on=on)

    def _withdraw_erasure(self, on: date) -> None:
        lifecycle.withdraw_erasure(self.account, actor=self.main_user, on=on)

    def _receive_registered_letter(self, on: date) -> None:
        letter = rights.record_letter(
            self.account, actor=self.clerk, code=lifecycle.open_request(self.account).code, carrier_number="SIMULATED",
            received_on=on, identity_check="simulated",
        )  # fmt: skip
        rights.confirm_letter(letter, actor=self.second, on=on, on_paper=False)
        self._erase_now(on)

    def _issue_invoice(self, on: date) -> None:
        draft = finance.draft_document(
            self.account, actor=self.main_user, kind=DocumentKind.INVOICE, recipient_name="Customer",
            recipient_address="Street 1",
            lines=[{"description": "Work", "quantity": Decimal(1), "unit_price": Decimal(100)}],
        )  # fmt: skip
        finance.issue_document(draft, actor=self.main_user, on=on)

    def _delete_invoice(self, on: date) -> None:
        oldest = Document.objects.issued().filter(account=self.account, kind=DocumentKind.INVOICE).first()
        if oldest is None:
            raise Refused("no_invoice", _("There is no invoice."))
        finance.delete_document(oldest, actor=self.main_user, on=on)

    def _charge_subscription(self, on: date) -> None:
        bookkeeping.charge_subscription(self.account, on=on)

    def _add_relation(self, on: date) -> None:
        relations.add_relation(self.account, actor=self.main_user, first_name="A", last_name="Relation")

    def _add_employee(self, on: date) -> None:
        relations.add_employee(self.account, actor=self.main_user, first_name="An", last_name="Employee")

    def _place_hold(self, on: date, name: str, categories: list[str]) -> None:
        hold = holds.place_hold(
            self.account, actor=self.clerk, name=name, categories=categories, ground=Ground.PROOF, basis="simulated",
            proportionality="simulated", on=on,
        )  # fmt: skip
        holds.confirm_hold(hold, actor=self.second, on=on)

    def _release_hold(self, on: date, name: str) -> None:
        hold = Hold.objects.active().filter(account=self.account, name=name).first()
        if hold is None:
            raise Refused("no_hold", _("There is no hold with this name."))
        holds.release_hold(hold, actor=self.clerk, on=on)
        self._erase_now(on)

    def _erase_now(self, on: date) -> None:
        erasure.erase_due(on=on, at=start_of_day(on), only=[self.account.pk])
        if failed := Erasure.objects.exclude(failure="").filter(account=self.account).first():
            raise RuntimeError(f"The erasure of {on} failed: {failed.failure}.")  # a wrong answer would be worse


def _staff(name: str) -> User:
    return User.objects.create_user(f"{uuid.uuid4()}@example.com", first_name=name, last_name="Staff", is_staff=True)


def _event(raw: Any, where: str) -> Event:
    if not isinstance(raw, dict):
        raise BadScenario(f"{where}: must be an object.")
    do = raw.get("do")
    if not isinstance(do, str) or do not in ARGUMENTS:
        raise BadScenario(f"{where}: do must be one of {', '.join(ARGUMENTS)}.")
    _only(raw, {"on", "do", *ARGUMENTS[do]}, where)
    arguments = {}
    for name, (kind, needed) in ARGUMENTS[do].items():
        if name not in raw:
            if needed:
                raise BadScenario(f"{where}: {do} needs {name}.")
            continue
        if not isinstance(raw[name], kind):
            raise BadScenario(f"{where}: {name} must be a {kind.__name__}.")
        arguments[name] = raw[name]
    _check_hold(arguments, where)
    return Event(_day(raw.get("on"), f"{where}: on"), do, arguments)


def _check_hold(arguments: dict[str, Any], where: str) -> None:
    if "name" in arguments and not (0 < len(arguments["name"].strip()) <= 60 and arguments["name"].isprintable()):
        raise BadScenario(f"{where}: name must have 1 to 60 characters, all printable.")
    categories = arguments.get("categories", ["account"])
    if not categories or any(category not in Category.values for category in categories):
        raise BadScenario(f"{where}: categories must be some of {', '.join(Category.values)}.")


def _day(raw: Any, where: str) -> date:
    try:
        day = date.fromisoformat(raw)
        if raw != day.isoformat() or not FIRST_DAY <= day <= LAST_DAY:
            raise ValueError
        return day
    except (TypeError, ValueError):
        raise BadScenario(f"{where} must be a day like 2024-01-31, from {FIRST_DAY} to {LAST_DAY}.") from None


def _only(raw: dict[str, Any], names: set[str], where: str) -> None:
    if unknown := sorted(str(name) for name in set(raw) - names):
        raise BadScenario(f"{where}: unknown {', '.join(unknown)}.")
