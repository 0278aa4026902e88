"""A return of data among what is due from the main user (§6)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.db.models import OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.due import Due, due_source_where
from accounts.models import User
from rights.models import DataReturn
from rights.states import ReturnState


def untaken() -> QuerySet:
    """Returns to the account that are ready, or stopped."""
    waiting = DataReturn.objects.filter(state__in=(ReturnState.READY, ReturnState.STOPPED), taken_at__isnull=True)
    return waiting.filter(account=OuterRef("pk"))


@due_source_where(untaken)
def returns_due(user: User, on: date) -> Iterator[Due]:
    """A return that is ready and not taken, or that stopped; one query, and none for colleagues."""
    if not user.is_main:
        return
    rows = DataReturn.objects.visible_to(user).filter(state__in=(ReturnState.READY, ReturnState.STOPPED))
    found = rows.filter(taken_at__isnull=True).order_by("-id").first()
    if found is None:
        return
    if found.state == ReturnState.STOPPED:
        why = _("Making them ready stopped. You can go on with it.")
        yield Due(_("Your data are not ready yet"), reverse("export"), why=why)
    elif found.last_day >= on:
        why = _("After that day we remove the file, and you ask anew.")
        yield Due(_("Download your data"), reverse("export"), why=why, by=found.last_day)
