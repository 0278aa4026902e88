from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from audits import preserving, running


@shared_task(acks_late=True)
def tend_tests() -> int:
    """Beat, every five minutes: begin, end and lapse tests by account holders, and seal their logs (§12)."""
    return running.tend(at=timezone.now())


@shared_task(acks_late=True)
def preserve_logs() -> int:
    """Beat, every night before rows age: preserve the logs of tests whose window has begun (§12)."""
    return preserving.preserve_all(at=timezone.now())
