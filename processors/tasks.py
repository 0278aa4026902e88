from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from processors import confidentiality, disclosing


@shared_task(acks_late=True)
def end_outdated_statements() -> int:
    """Beat, hourly: end statements under earlier words of which the term is over (§8)."""
    return confidentiality.end_outdated(at=timezone.now())


@shared_task(acks_late=True)
def end_gags() -> int:
    """Beat, nightly: tell holders of requests that need not stay secret any more (§8)."""
    return disclosing.end_gags(at=timezone.now())
