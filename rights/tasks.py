from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from rights import corrections, post, services, tending


@shared_task(acks_late=True)
def send_mail(pk: int) -> bool:
    """Send one mail about a request."""
    return post.send(pk, at=timezone.now())


@shared_task(acks_late=True)
def send_post() -> int:
    """Beat, every ten minutes: send mails about requests that could not be sent, or whose message was lost."""
    return post.send_waiting(at=timezone.now())


@shared_task(acks_late=True, autoretry_for=(OperationalError, InterfaceError), retry_backoff=30, max_retries=6)
def open_again(reference: str) -> bool:
    """Open the account that was blocked for a request which was taken back; whether it was."""
    from rights.asking import open_again  # which asks for this task

    return open_again(UUID(reference))


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
    """Beat, every five minutes: order erasures that waited for a return of data, which is taken or over (§6)."""
    return services.order_waiting(at=timezone.now())
