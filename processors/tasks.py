from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from processors import glass, glass_reports


@shared_task(acks_late=True)
def tend_glass() -> int:
    """Beat, every minute: end emergency access that is over, and tell holders of it (§10); how many are left."""
    left = glass.tend()
    glass_reports.report_waiting(at=timezone.now())
    return left
