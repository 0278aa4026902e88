"""The sweep: every hour, and after any downtime, what has come due is done; also twice or on many workers (§5)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.models import Account
from accounts.services import lapse_account
from accounts.states import State
from cannonworks import rules
from retention import approval, erasure, schedule, warnings
from retention.lookups import end_of
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
    """One line of a dry run: what the account would come to on the day asked about, and why.

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
    """What a sweep on ``on`` would let lapse and erase, without doing it.

    Counted from the rules of the program as it is, not from the dates that the accounts have noted: so it also tells
    what changed rules would do once they are approved.
    """
    over = list(Account.objects.trial_over(on).filter(ordered_on=None).order_by("trial_ends_on"))
    lapse = rules.rule("lapsed")
    items = [
        Item(str(account.reference), account.state, "lapse", (), (), lapse.clause, account.trial_ends_on)
        for account in over
    ]
    going = [*over, *_due_by_rule(on)]
    histories = schedule.histories(going)
    for account in going:
        history = histories[account.pk]
        if account.state == State.TRIAL and not account.ordered_on:
            history = history.but(State.LAPSED)
        if due := schedule.due(history, on):
            items.append(_would_erase(account, due))
    return items


def _due_by_rule(on: date) -> list[Account]:
    free = Account.objects.filter(claimed_at=None, held_since=None)
    by_rule = Q(ordered_on__lte=on) & ~Q(state=State.ERASED) | Q(state=State.ERASED, erase_on__lte=on)
    for rule in rules.RULES:
        if rule.state in State.values and rule.erase:
            ended = Account.objects.filter(state=rule.state).annotate(ends_on=end_of(rule.erase, rule.counted_from))
            by_rule |= Q(pk__in=ended.filter(ends_on__lte=on).values("pk"))
    return list(free.filter(by_rule).order_by("pk"))


def _would_erase(account: Account, due: Sequence[schedule.Fate]) -> Item:
    go = [fate for fate in due if not fate.held_by]
    erases = erasure.is_worth_a_run(account, go)
    return Item(
        account=str(account.reference),
        state=account.state,
        does="erase" if erases else "hold",
        categories=tuple(fate.category for fate in go) if erases else (),
        held=tuple(fate.category for fate in due if fate.held_by),
        clause=due[0].rule.clause,
        due_on=min(fate.erase_on for fate in due if fate.erase_on),
    )
