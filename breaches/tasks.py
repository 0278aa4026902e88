from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from breaches import conferring


@shared_task(acks_late=True)
def lapse_consultations() -> int:
    """Beat, hourly: end consultations for which a moment was offered in time and not taken (§13)."""
    return conferring.let_lapse(at=timezone.now())
