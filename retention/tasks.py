"""Celery tasks: each calls one service, may run twice, and reads the clock once."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from retention import aging, alarms, erasure, evidence, people, post, standing
from retention import sweep as sweeping

#: The server or the connection went away: come back, with growing pauses.
AGAIN: dict[str, Any] = {
    "acks_late": True,
    "autoretry_for": (OperationalError, InterfaceError),
    "retry_backoff": 5,
    "retry_backoff_max": 300,
    "max_retries": 8,
}


@shared_task(**AGAIN)
def sweep() -> dict[str, Any]:
    """Beat, hourly: let trials lapse, plan warnings, erase what is due in Amsterdam today."""
    at = timezone.now()
    return sweeping.sweep(on=timezone.localdate(at), at=at).as_dict()


@shared_task(**AGAIN)
def erase_account(account_id: int) -> int:
    """After a letter was confirmed, a hold released or a parked run freed: erase at once what is due of one account."""
    at = timezone.now()
    if sweeping.why_stopped(at):
        return 0
    return erasure.erase_due(on=timezone.localdate(at), at=at, only=[account_id])


@shared_task(**AGAIN)
def let_age() -> int:
    """Beat, nightly: delete rows whose own term is over while their account lives (``rules.AGES``); return how many."""
    at = timezone.now()
    return aging.let_age(on=timezone.localdate(at), at=at)


@shared_task(**AGAIN)
def prove_departures() -> int:
    """After somebody was erased, and by beat: look for them again, enter them in the ledger; return how many."""
    return people.carry_out(at=timezone.now())


@shared_task(**AGAIN)
def tell_ledger() -> int:
    """Beat, every minute: enter in the ledger how accounts stand of which state, block or holds changed (§14)."""
    return standing.tell(at=timezone.now())


@shared_task(**AGAIN)
def send_post() -> int:
    """Beat, every ten minutes: mail the warnings and statements that wait; return how many went."""
    at = timezone.now()
    return post.send_waiting(on=timezone.localdate(at), at=at)


@shared_task(**AGAIN)
def raise_alarms() -> int:
    """Beat, hourly: look on both sides of every window; return how many alarms stand."""
    at = timezone.now()
    return alarms.check_everything(on=timezone.localdate(at), at=at)


@shared_task(**AGAIN)
def verify_journal(whole: bool = False) -> bool:
    """Beat, daily the newest batches and weekly all of them: whether the journal is proven; alarms follow from it."""
    return evidence.verify_and_tell(whole=whole, at=timezone.now()).proven
