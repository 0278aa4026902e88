"""Celery tasks: each calls one service, may run twice, and reads the clock once."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from board import escalating


@shared_task(acks_late=True)
def escalate() -> int:
    """Beat, every five minutes: tell staff of clocks that passed a step."""
    return escalating.escalate(at=timezone.now())


@shared_task(acks_late=True)
def forget() -> int:
    """Beat, nightly: forget what was told of clocks that are over."""
    return escalating.forget(at=timezone.now())
