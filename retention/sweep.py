"""The sweep: every hour, and after any downtime, what has come due is done; also twice or on many workers (§5)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.models import Account
from accounts.services import lapse_account
from accounts.states import State
from cannonworks import rules
from retention import approval, erasure, schedule, warnings
from retention.models import Erasure

BATCH = 500


@dataclass(frozen=True)
class Outcome:
    """What one sweep did: numbers of accounts; ``stopped`` says why nothing was erased, if so."""

    on: date
    lapsed: int
    warned: int
    erased: int
    stopped: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "on": self.on.isoformat()}


def sweep(*, on: date, at: datetime, progress: Callable[[int], None] = lambda finished: None) -> Outcome:
    """Let trials lapse, plan warnings, and erase what is due on the Amsterdam day ``on``, within the safety rules.

    Nothing is erased when the kill switch is on, when changed rules wait for approval, or past the nightly cap.
    """
    lapsed = lapse_trials(on=on)
    stopped = why_stopped(at)
    warned = warnings.plan_warnings(on=on)
    if stopped:
        return Outcome(on, lapsed, warned, 0, stopped)
    left = left_under_cap(on)
    erased = erasure.erase_due(on=on, at=at, limit=left, progress=progress)
    return Outcome(on, lapsed, warned, erased, "cap" if left <= erased and Account.objects.due(on).exists() else "")


def why_stopped(at: datetime) -> str:
    """``switched off``, ``rules not approved``, or nothing."""
    if not settings.RETENTION_ENABLED:
        return "switched off"
    return "" if approval.is_approved(at) else "rules not approved"


def left_under_cap(on: date) -> int:
    """How many accounts the sweep may still claim on this day; what a confirmed letter orders does not count."""
    used = Erasure.objects.filter(claimed_on=on).exclude(rule="letter").count()
    return max(0, settings.RETENTION_NIGHTLY_CAP - used)


def lapse_trials(*, on: date, only: Collection[int] | None = None) -> int:
    """Let every trial that is over lapse (§2, §5.3), in batches; return how many."""
    lapsed = 0
    while True:
        with transaction.atomic():
            trials = Account.objects.trial_over(on)
            if only is not None:
                trials = trials.filter(pk__in=only)
            batch = list(trials.order_by("trial_ends_on").select_for_update(skip_locked=True)[:BATCH])
            for account in batch:
                lapse_account(account, on=on)
        lapsed += len(batch)
        if not batch:
            return lapsed


@dataclass(frozen=True)
class Item:
    """One line of a dry run: what would happen to an account on the day asked about, and why.

    ``does`` is ``lapse``, ``erase``, or ``hold`` where a hold stands before all of it.
    """

    account: str
    state: str
    does: str
    categories: tuple[str, ...]
    held: tuple[str, ...]
    clause: str
    due_on: date

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "due_on": self.due_on.isoformat()}


def dry_run(*, on: date) -> list[Item]:
    """What a sweep on ``on`` would let lapse and erase, without doing it."""
    items = []
    for account in Account.objects.trial_over(on).exclude(erase_on__lte=on).order_by("trial_ends_on"):
        items.append(
            Item(
                str(account.reference),
                account.state,
                "lapse",
                (),
                (),
                rules.rule("lapsed").clause,
                account.trial_ends_on,
            )
        )
        erase_on = rules.rule("lapsed").window({"trial_ends_on": account.trial_ends_on}).erase_on
        if erase_on and erase_on <= on:
            items.append(_would_erase(account, schedule.history_of(account).but(State.LAPSED), on, erase_on))
    due = list(Account.objects.due(on).order_by("erase_on"))
    histories = schedule.histories(due)
    items += [_would_erase(account, histories[account.pk], on, account.erase_on) for account in due]
    return items


def _would_erase(account: Account, history: schedule.History, on: date, erase_on: date) -> Item:
    due = schedule.due(history, on)
    go = [fate for fate in due if not fate.held_by]
    erases = erasure.is_worth_a_run(account, go)
    return Item(
        account=str(account.reference),
        state=account.state,
        does="erase" if erases else "hold",
        categories=tuple(fate.category for fate in go) if erases else (),
        held=tuple(fate.category for fate in due if fate.held_by),
        clause=due[0].rule.clause,
        due_on=erase_on,
    )
