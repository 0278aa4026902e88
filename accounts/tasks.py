from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from accounts.services import remove_expired_tokens


@shared_task(acks_late=True)
def forget_expired_tokens() -> int:
    """Beat, nightly: remove the device tokens that expired."""
    return remove_expired_tokens(at=timezone.now())
