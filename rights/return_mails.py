"""The mail to the main user that all data are ready to be taken (§6)."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.urls import reverse

from accounts.outbox import Addressed, to_main_user, writes
from rights.models import DataReturn
from rights.states import ReturnState


@writes("rights/return_ready")
def about_a_return(reference: UUID) -> Addressed | None:
    """None when it was cancelled, expired or taken meanwhile, or nobody decides for the account any more."""
    found = DataReturn.objects.filter(reference=reference, state=ReturnState.READY, taken_at__isnull=True).first()
    if found is None:
        return None
    return to_main_user(found.account_id, last_day=found.last_day, address=settings.SITE_URL + reverse("export"))
