"""Celery tasks: each calls one service, may run twice, and reads the clock once."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from backups import copies, drilling, expiring, making
from backups.problems import BackupProblem
from retention.tasks import AGAIN

log = logging.getLogger(__name__)
#: A vault or a server that is away for a while; a failure is journalled, and the hourly check has the alarm.
LATER = {**AGAIN, "autoretry_for": (*AGAIN["autoretry_for"], BackupProblem), "retry_backoff": 60, "max_retries": 5}


@shared_task(**LATER)
def back_up() -> str:
    """Beat, nightly: make a backup, and compare the ledger with its copies; return the name."""
    at = timezone.now()
    made = making.back_up(at=at)
    copies.prove_and_tell(at=at)
    return made.name


@shared_task(**LATER)
def expire() -> int:
    """Beat, nightly: remove what is over in Amsterdam today; return how many backups went."""
    return expiring.expire(on=timezone.localdate()).backups


@shared_task(**AGAIN)
def copy_ledger() -> int:
    """Beat, every few minutes: copy what the ledger got; return how many lines are copied."""
    try:
        return copies.copy_and_tell(at=timezone.now())
    except BackupProblem as problem:  # told where it is to be seen; the next run tries again
        log.warning("the ledger was not copied: %s", problem.code)
        return 0


@shared_task(acks_late=False)  # one that was killed is not begun again by itself: it tells by being late
def drill() -> str:
    """Beat, weekly: restore the newest backup on trial; what came of it."""
    return str(drilling.drill(at=timezone.now()).result)
