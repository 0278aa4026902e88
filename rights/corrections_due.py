"""Corrections to decide on, among what is due from the main user (§16)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.db.models import OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.due import Due, due_source_where
from accounts.models import User
from cannonworks.deadlines import last_day_before, start_of_day
from rights.models import Correction
from rights.states import CorrectionState


def proposed() -> QuerySet:
    """Corrections that are put before the account, or were until they ended."""
    return Correction.objects.filter(account=OuterRef("pk"), state=CorrectionState.PROPOSED)


@due_source_where(proposed)
def corrections_to_decide(user: User, on: date) -> Iterator[Due]:
    """Those that were put before the main user and have not ended by ``on``; one query."""
    if not user.is_main:
        return
    waiting = Correction.objects.to_decide(start_of_day(on)).filter(account=user.account_id)
    for correction in waiting:
        yield Due(
            _("Look at a correction that our helpdesk proposes"),
            reverse("correction", args=[correction.reference]),
            why=_("Nothing changes unless you confirm it."),
            by=last_day_before(correction.expires_at),
        )
