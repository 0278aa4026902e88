"""Warnings 90, 30 and 7 days before erasure: what goes, what stays and why, and the way back (§5).

The sweep plans them, the post sends them. A warning that cannot be sent is shown to staff and never moves the ceiling.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from django.db import transaction

from accounts.models import Account
from cannonworks import rules
from journal import services as journal
from retention.models import ErasureWarning

BATCH = 500


def plan_warnings(*, on: date, only: Collection[int] | None = None) -> int:
    """Plan the warnings that are due on ``on`` and return how many; of several missed ones only the nearest is sent."""
    planned = 0
    while (batch := _plan_batch(on, only)) is not None:
        planned += batch
    return planned


def days_to_tell(erase_on: date, on: date) -> int:
    """Which of the warnings it is, ``on`` so many days before: the smallest that is not yet past."""
    left = (erase_on - on).days
    return min((days for days in rules.WARNING_DAYS if days >= left), default=max(rules.WARNING_DAYS))


def next_warning(erase_on: date, on: date) -> date | None:
    """The day of the first warning later than ``on``; None after the last."""
    days = sorted(erase_on - timedelta(days=before) for before in rules.WARNING_DAYS)
    return next((day for day in days if day > on), None)


@transaction.atomic
def _plan_batch(on: date, only: Collection[int] | None) -> int | None:
    accounts = Account.objects.to_warn(on)
    if only is not None:
        accounts = accounts.filter(pk__in=only)
    batch = list(accounts.order_by("warn_on").select_for_update(skip_locked=True)[:BATCH])
    if not batch:
        return None
    warnings = []
    for account in batch:
        if account.erase_on > on:
            days = days_to_tell(account.erase_on, on)
            warnings.append(ErasureWarning(account=account, erase_on=account.erase_on, days=days, planned_on=on))
        account.warn_on = next_warning(account.erase_on, on)
    ErasureWarning.objects.bulk_create(warnings, ignore_conflicts=True)
    Account.objects.bulk_update(batch, ["warn_on"])
    journal.record_all(
        journal.line("erasure.warned", account=w.account, clause="5", days=w.days, erase_on=w.erase_on)
        for w in warnings
    )
    return len(warnings)
