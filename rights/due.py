"""Requests of data subjects among what is due from a user (§15)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.db.models import OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.due import Due, due_source_where
from accounts.models import User
from rights.clock import left_for_holder
from rights.models import SubjectRequest
from rights.wishes import title_of

#: So many stand on the overview; the page of requests has them all.
MOST = 5


def waiting() -> QuerySet:
    """Requests that wait for the account."""
    return SubjectRequest.objects.filter(account=OuterRef("pk")).waiting_for_holder()


@due_source_where(waiting)
def requests_due(user: User, on: date) -> Iterator[Due]:
    """The requests that wait for an answer of the user's account, what ends first at the top; one query."""
    for row in SubjectRequest.objects.visible_to(user).waiting_for_holder().unanswered()[:MOST]:
        clock = left_for_holder(row, on=on)
        why = _("The term is over; without it your account can be blocked.") if clock and clock.is_over else ""
        yield Due(title_of(row), reverse("request", args=[row.reference]), why=why, by=row.last_day)
