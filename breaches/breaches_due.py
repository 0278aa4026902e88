"""Breaches among what is due from the main user: to read them, to decide about the supervisor, and to confer (§13)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.db.models import F, OuterRef, QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.due import Due, due_source_where
from accounts.models import User
from breaches.clock import own_clock
from breaches.models import Consultation, Notice
from cannonworks.deadlines import in_amsterdam, local_date, start_of_day


def unacknowledged() -> QuerySet:
    """Notices of the account that the main user did not say to have read."""
    return Notice.objects.filter(account=OuterRef("pk")).unacknowledged()


@due_source_where(unacknowledged)
def breaches_to_read(user: User, on: date) -> Iterator[Due]:
    """Of each breach of which something is not acknowledged: one thing to do, by the end of the 72 hours; one query."""
    if not user.is_main:
        return
    rows = Notice.objects.filter(account=user.account_id).unacknowledged().order_by("-id")
    told_at = F("phase__breach__affected__told_at")
    rows = rows.filter(phase__breach__affected__account=user.account_id).annotate(told_at=told_at)
    seen = set()
    for notice in rows.select_related("phase__breach")[:20]:
        breach = notice.phase.breach
        if breach.pk not in seen:
            seen.add(breach.pk)
            yield _due(reverse("breach", args=[breach.reference]), notice.told_at or notice.read_at)


def agreed() -> QuerySet:
    """Consultations of the account of which the moment is agreed on, and that were not held."""
    return Consultation.objects.filter(account=OuterRef("pk"), agreed_at__isnull=False).open()


@due_source_where(agreed)
def consultations_to_hold(user: User, on: date) -> Iterator[Due]:
    """Each moment that was agreed on, until its day is over; one query."""
    if not user.is_main:
        return
    rows = Consultation.objects.filter(account=user.account_id, agreed_at__isnull=False).open()
    rows = (
        rows.filter(meeting__starts_at__gte=start_of_day(on)).select_related("meeting").order_by("meeting__starts_at")
    )
    for row in rows[:5]:
        starts_at = in_amsterdam(row.meeting.starts_at)
        why = _("Agreed for %(moment)s.") % {"moment": date_format(starts_at, "l j F H:i")}
        yield Due(
            _("Confer with us about a breach"), reverse("consultation", args=[row.reference]), why, starts_at.date()
        )


def _due(address: str, told_at: datetime | None) -> Due:
    clock = own_clock(told_at)
    title = _("Read about a breach that touches your data")
    why = _("Decide whether you must report it to the supervisor.")
    if clock is None:
        return Due(title, address, why=why)
    end = in_amsterdam(clock.due_at)
    why = _("If you must report it to the supervisor, then before %(moment)s.") % {
        "moment": date_format(end, "l j F H:i")
    }
    return Due(title, address, why=why, by=local_date(end))
