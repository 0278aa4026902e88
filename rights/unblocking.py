"""An account opens again when the last request that blocks it is handled or taken back (§15)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.blocking import unblock_account
from accounts.models import User
from accounts.services import lock
from rights.letters_to_holder import tell_holder
from rights.models import SubjectRequest


@transaction.atomic
def open_if_last(request: SubjectRequest, *, actor: User | None, at: datetime) -> bool:
    """Unblock the account of a request that blocks it no more, unless another does, and tell its main user (§15).

    Whether it did; idempotent. Locks the account, as whoever holds the request did before it.
    """
    if request.account is None:
        return False
    account = lock(request.account)
    if account.blocked_at is None or account.claimed_at or SubjectRequest.objects.blocking(account).exists():
        return False
    unblock_account(account, actor=actor, because=request.reference)
    tell_holder(request, "unblocked", at=at)
    return True


def open_again(reference: UUID, *, at: datetime) -> bool:
    """The same, for the request with this reference, which whoever asked took back."""
    request = SubjectRequest.objects.select_related("account").filter(reference=reference).first()
    return request is not None and open_if_last(request, actor=None, at=at)
