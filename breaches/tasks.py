from __future__ import annotations

from celery import shared_task
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from breaches import announcing, conferring, planning, sending

TRANSIENT = (OperationalError, InterfaceError)


@shared_task(acks_late=True, autoretry_for=TRANSIENT, retry_backoff=2, retry_backoff_max=60, max_retries=None)
def plan_notices(breach_pk: int) -> int:
    """Plan what affected accounts are still to be sent of the latest released phase (§13)."""
    return planning.plan(breach_pk, at=timezone.now())


@shared_task(acks_late=True, autoretry_for=TRANSIENT, retry_backoff=2, retry_backoff_max=60, max_retries=None)
def send_batch(phase_pk: int, batch: int) -> int:
    """Send what is ready of a batch of notices (§13)."""
    return sending.send_batch(phase_pk, batch, clock=timezone.now)


@shared_task(acks_late=True)
def tend_notices() -> int:
    """Beat, every minute: queue what nobody is at: notices ready or not planned, moments not announced (§13)."""
    at = timezone.now()
    return sending.tend(at=at) + announcing.tend(at=at)


@shared_task(acks_late=True, autoretry_for=TRANSIENT, retry_backoff=2, retry_backoff_max=60, max_retries=None)
def announce_meeting(meeting_pk: int) -> int:
    """Plan the mails about a moment that is offered to all whom a breach touches (§13)."""
    return announcing.announce(meeting_pk, at=timezone.now())


@shared_task(acks_late=True)
def lapse_consultations() -> int:
    """Beat, hourly: end consultations for which a moment was offered in time and not taken (§13)."""
    return conferring.let_lapse(at=timezone.now())
