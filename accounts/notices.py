"""Notices within the account (§1): what staff tell all accounts, and who has put it away."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Dismissal, Notice, User
from accounts.services import check_staff
from journal import services as journal


def notices_for(user: User, on: date) -> QuerySet[Notice]:
    """What this user is still to be told on that day, the newest first; one query."""
    return Notice.objects.shown(on).unread(user).order_by("-shown_from", "-pk")


def dismiss_notice(notice: Notice, *, user: User, at: datetime) -> None:
    """Put a notice away for this user; idempotent, and in any state of the account: nothing of it changes."""
    Dismissal.objects.bulk_create([Dismissal(user=user, notice=notice, dismissed_at=at)], ignore_conflicts=True)


@transaction.atomic
def write_notice(notice: Notice, *, actor: User) -> Notice:
    """Save a notice, new or changed. ValidationError when a text is missing, or it ends before it begins."""
    check_staff(actor)
    notice.full_clean()
    notice.save()
    journal.record(
        "notice.written", actor=actor, clause="1", notice=notice.reference, shown_from=notice.shown_from,
        shown_until=notice.shown_until,
    )  # fmt: skip
    return notice
