"""Parked erasures: given up on after repeated failure, until staff let them try again."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from cannonworks.errors import Refused
from journal import services as journal
from retention import tasks
from retention.models import Erasure


@transaction.atomic
def unpark(erasure: Erasure, *, actor: User) -> Erasure:
    """Let a parked run try again, from the step it had reached; staff do this once its cause is gone."""
    erasure = Erasure.objects.select_for_update().get(pk=erasure.pk)
    if erasure.parked_at is None:
        raise Refused("not_parked", _("This erasure is not parked."), clause="5")
    erasure.parked_at = erasure.retry_at = None
    erasure.attempts, erasure.failure = 0, ""
    erasure.save(update_fields=["parked_at", "retry_at", "attempts", "failure"])
    journal.record("erasure.unparked", account=erasure.account, actor=actor, clause="5", run=erasure.reference)
    transaction.on_commit(lambda: tasks.erase_account.delay(erasure.account_id), robust=True)
    return erasure
