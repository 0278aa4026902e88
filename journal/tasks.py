"""Celery tasks: each calls one service, may run twice, and reads the clock once."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from journal import sealing


@shared_task
def seal() -> int:
    """Beat, every five minutes: seal the new entries; return how many."""
    return sealing.seal(at=timezone.now())
