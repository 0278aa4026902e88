"""Consultation about a breach: opened by the first notice between the parties, in either direction (§13)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import Account
from breaches.models import Breach, BreachReport, Consultation
from cannonworks.deadlines import compute, kind_named


@transaction.atomic
def open_consultation(
    account: Account, *, opened_at: datetime, breach: Breach | None = None, report: BreachReport | None = None
) -> Consultation:
    """Start the clock of two working days with an account, from ``opened_at``; of a breach it has one already.

    Of a breach that the account has reported itself, the report was the first notice.
    """
    if breach is not None:
        found = Consultation.objects.filter(account=account, breach=breach).first()
        if found is not None:
            return found
    due_at = compute(kind_named("breach_consultation"), opened_at).due_at
    return Consultation.objects.create(
        account=account, breach=breach, report=report, opened_at=opened_at, due_at=due_at
    )


@transaction.atomic
def join_breach(report: BreachReport, breach: Breach) -> None:
    """Note that the consultation about a report is about this breach; one that ran already goes on with its clock.

    Of the two that are then one, the earlier notice counts.
    """
    found = Consultation.objects.select_for_update().filter(report=report).first()
    if found is None or found.breach_id == breach.pk:
        return
    other = Consultation.objects.select_for_update().filter(account=report.account, breach=breach).first()
    if other is None:
        found.breach = breach
        found.save(update_fields=["breach"])
    elif found.opened_at < other.opened_at and other.held_at is None:
        other.opened_at, other.due_at = found.opened_at, found.due_at
        other.save(update_fields=["opened_at", "due_at"])
