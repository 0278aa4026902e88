from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from celery import shared_task
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from cannonworks.storage import FilesUnavailable
from rights import corrections, making, returning, services, tending, unblocking

#: A worker from which nothing was heard for so long is gone: it tells every second how far it is.
SILENCE = timedelta(minutes=5)
TRANSIENT = (OperationalError, InterfaceError, FilesUnavailable)


@shared_task(acks_late=True, autoretry_for=(OperationalError, InterfaceError), retry_backoff=30, max_retries=6)
def open_again(reference: str) -> bool:
    """Open the account that was blocked for a request which was taken back; whether it was."""
    return unblocking.open_again(UUID(reference), at=timezone.now())


@shared_task(acks_late=True)
def tend_requests() -> int:
    """Beat, hourly by day: remind holders, take up checks again, close what is over."""
    return tending.tend(at=timezone.now())


@shared_task(acks_late=True)
def lapse_corrections() -> int:
    """Beat, nightly: end corrections whose 14 days are over (§16)."""
    return corrections.lapse_corrections(at=timezone.now())


@shared_task(acks_late=True)
def order_waiting() -> int:
    """When a return is taken, and beat, every five minutes: order erasures that waited for it or what is over (§6)."""
    return services.order_waiting(at=timezone.now())


@shared_task(acks_late=True, autoretry_for=TRANSIENT, retry_backoff=5, max_retries=8)
def run_return(pk: int) -> int:
    """Make what is left of a return of data; return the rows written."""
    return making.run(pk)


@shared_task(acks_late=True, autoretry_for=TRANSIENT, retry_backoff=5, max_retries=8)
def clear_return(pk: int) -> int:
    """Remove the files of a return that is over."""
    return returning.clear(pk)


@shared_task(acks_late=True)
def tend_returns() -> int:
    """Beat, every five minutes: go on with returns whose worker is gone, or whose message was lost."""
    return returning.revive(since=timezone.now() - SILENCE)


@shared_task(acks_late=True)
def expire_returns() -> int:
    """Beat, every hour: remove the archives whose fourteen days are over."""
    return returning.expire(at=timezone.now())
