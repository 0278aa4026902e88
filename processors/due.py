"""Consent to a disclosure among what is due from the main user (§8)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.db.models import OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.due import Due, due_source_where
from accounts.models import User
from cannonworks.deadlines import last_day_before
from processors.models import Disclosure


def unanswered() -> QuerySet:
    """Requests about the account that wait for an answer."""
    return Disclosure.objects.waiting().filter(account_reference=OuterRef("reference"))


@due_source_where(unanswered)
def consents_due(user: User, on: date) -> Iterator[Due]:
    """A question whether we may give data to somebody else; one query, and none for colleagues."""
    if not user.is_main:
        return
    for row in Disclosure.objects.visible_to(user).waiting().order_by("consent_until")[:5]:
        assert row.consent_until is not None  # noqa: S101  it waits until then
        why = _("Without your answer we give nothing on your consent.")
        title = _("May we give your data to %(office)s?") % {"office": row.office}
        yield Due(title, reverse("disclosure", args=[row.reference]), why, last_day_before(row.consent_until))
