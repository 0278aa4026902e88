"""Tests among what is due from the main user: to answer a date, and to agree to costs (§12)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.db.models import OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.due import Due, due_source_where
from accounts.models import User
from audits.models import Audit
from audits.showing import last_day_to_answer


def with_holder() -> QuerySet:
    """Tests of the account in which the main user has something to answer."""
    return Audit.objects.filter(account=OuterRef("pk")).to_answer()


@due_source_where(with_holder)
def tests_to_answer(user: User, on: date) -> Iterator[Due]:
    """A date that we propose, and costs that are not agreed to; one query."""
    if not user.is_main:
        return
    for audit in Audit.objects.filter(account=user.account_id).to_answer().order_by("id")[:5]:
        address = reverse("audit", args=[audit.reference])
        if audit.is_with_holder:
            why = _("Nothing is agreed as long as you do not answer.")
            yield Due(_("Answer the date that we propose for your test"), address, why, last_day_to_answer(audit))
        else:
            yield Due(_("Look at the costs of your test"), address, _("Agree to them, or tell our helpdesk."))
