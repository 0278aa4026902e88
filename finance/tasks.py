from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from cannonworks import mails
from finance import post, subscription
from finance.models import Mailing

#: What waits longer than this has no message in the queue any more, or one that takes long: it gets another.
LOST_AFTER = timedelta(minutes=15)


@shared_task(acks_late=True, autoretry_for=(post.NotSent,), retry_backoff=30, max_retries=post.MOST_ATTEMPTS)
def send_mailing(pk: int) -> bool:
    """Send one mail with a document; tried again for some minutes."""
    return post.send_mailing(pk, at=timezone.now())


@shared_task(acks_late=True)
def send_lost() -> int:
    """Beat, every quarter of an hour: queue mails again whose message was lost. Returns how many."""
    lost = list(Mailing.objects.waiting(timezone.now() - LOST_AFTER).values_list("pk", flat=True)[:1000])
    for pk in lost:
        send_mailing.delay(pk)
    return len(lost)


@shared_task(acks_late=True)
def charge_due_subscriptions() -> int:
    """Beat, daily: charge active accounts whose period is over, each once however often this runs. Returns how many."""
    return subscription.charge_due(on=timezone.localdate())


@shared_task(acks_late=True, autoretry_for=mails.FAILURES, retry_backoff=60, max_retries=5)
def send_invoice(pk: int) -> bool:
    """Mail one invoice for the subscription; tried again for half an hour, and then by the daily run."""
    return post.send_invoice(pk, at=timezone.now())


@shared_task(acks_late=True)
def send_invoices() -> int:
    """Beat, daily: mail invoices that could not be mailed yet, and reminders of those that are not paid."""
    return post.send_waiting_invoices(at=timezone.now()) + post.send_reminders(on=timezone.localdate())
