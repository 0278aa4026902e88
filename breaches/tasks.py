from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from breaches import post


@shared_task(acks_late=True)
def send_mail(pk: int) -> bool:
    """Send one mail about a reported breach."""
    return post.send(pk, at=timezone.now())


@shared_task(acks_late=True)
def send_post() -> int:
    """Beat, every five minutes: send mails about reports that could not be sent, or whose message was lost."""
    return post.send_waiting(at=timezone.now())
