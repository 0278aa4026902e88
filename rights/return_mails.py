"""The mail to the main user that all data are ready to be taken (§6)."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.urls import reverse

from accounts.models import Company, User
from rights.models import DataReturn
from rights.post import Addressed, writes
from rights.states import ReturnState


@writes("return_ready")
def about_a_return(reference: UUID) -> Addressed | None:
    """None when it was cancelled, expired or taken meanwhile, or nobody decides for the account any more."""
    found = DataReturn.objects.filter(reference=reference, state=ReturnState.READY, taken_at__isnull=True).first()
    user = User.objects.filter(account=found.account_id, is_main=True).first() if found else None
    if found is None or user is None:
        return None
    context = {
        "user": user,
        "company": Company.objects.filter(account=found.account_id).first(),
        "last_day": found.last_day,
        "address": settings.SITE_URL + reverse("export"),
    }
    return Addressed(user.email, user.language, context)
