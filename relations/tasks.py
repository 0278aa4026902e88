"""Celery tasks: each calls one service, may run twice, and reads the clock once."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from cannonworks.storage import FilesUnavailable
from relations import imports

#: A worker from which nothing was heard for so long is gone: a batch takes about a second.
SILENCE = timedelta(minutes=5)


@shared_task(
    acks_late=True, autoretry_for=(OperationalError, InterfaceError, FilesUnavailable), retry_backoff=5, max_retries=8
)
def run_import(import_id: int) -> int:
    """Take in a file that somebody started; return the rows gone through."""
    return imports.run(import_id)


@shared_task(acks_late=True)
def revive_imports() -> int:
    """Beat: go on with imports whose worker is gone; return how many."""
    return imports.revive(since=timezone.now() - SILENCE)
