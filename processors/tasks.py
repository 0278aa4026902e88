"""What is done when nobody looks: changes of sub-processors mailed and in force, emergency access ended (§9, §10)."""

from __future__ import annotations

from celery import shared_task
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from processors import glass, glass_reports


@shared_task(acks_late=True, autoretry_for=(OperationalError, InterfaceError), retry_backoff=30, max_retries=6)
def announce_changes() -> int:
    """Beat: mail what was announced to every account; returns how many mails went."""
    from processors.telling import send_announcements

    at = timezone.now()
    return send_announcements(on=timezone.localdate(at), at=at)


@shared_task(acks_late=True)
def take_effect() -> int:
    """Beat, every hour: let changes count whose day has come; returns how many."""
    from processors.announcing import take_effect_due

    return take_effect_due(at=timezone.now())


@shared_task(acks_late=True)
def tend_glass() -> int:
    """Beat, every minute: end emergency access that is over, and tell holders of it (§10); how many are left."""
    left = glass.tend()
    glass_reports.report_waiting(at=timezone.now())
    return left
