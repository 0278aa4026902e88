"""What the holders affected hear of emergency access once it is over and accounted for (§10); in portions, by a job."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet

from accounts import outbox
from accounts.models import Account
from accounts.outbox import Addressed, to_main_user, to_staff, writes
from accounts.states import State
from journal import services as journal
from processors.glass import APPROVE, ASK
from processors.models import Glass, GlassAccount

#: Accounts told in one transaction.
AT_ONCE = 500


def report_waiting(*, at: datetime, portions: int = 20) -> int:
    """Tell holders of accesses that are accounted for; how many were told now. The rest is for the next time."""
    told = 0
    for glass in Glass.objects.to_report().filter(accounted_at__isnull=False).order_by("pk"):
        for _portion in range(portions):
            count = report(glass, at=at)
            told += count
            if not count:
                break
    return told


@transaction.atomic
def report(glass: Glass, *, at: datetime) -> int:
    """Tell the holders of the next ``AT_ONCE`` accounts; 0 when all were, which is noted. Safe on many workers."""
    found = Glass.objects.select_for_update(skip_locked=True).filter(pk=glass.pk, reported_at__isnull=True).first()
    if found is None:
        return 0
    rows = _next_of_all(found) if found.is_whole else list(_chosen(found)[:AT_ONCE])
    if not rows:
        Glass.objects.filter(pk=found.pk).update(reported_at=at)
        journal.record("glass.reported", clause="10", glass=found.reference, accounts=found.accounts.count())
        return 0
    GlassAccount.objects.filter(pk__in=[row.pk for row in rows]).update(told_at=at)
    living = [row for row in rows if row.account.state != State.ERASED]
    changes = changes_of(found, [row.account.reference for row in living])
    facts = facts_of(found)
    journal.record_all(
        journal.line(
            "glass.told", account=row.account, clause="10", changes=changes.get(row.account.reference, 0), **facts
        )
        for row in living
    )
    outbox.plan_all("processors/glass_told", [(row.reference, row.account) for row in living], at=at)
    return len(rows)


def facts_of(glass: Glass) -> dict[str, Any]:
    """What the journal tells each account, and its holder reads."""
    return {
        "glass": glass.reference, "ground": glass.ground, "reason": glass.reason, "done": glass.done,
        "whole": glass.is_whole, "may_write": glass.may_write, "since": glass.opened_at, "until": glass.closed_at,
        "connected": glass.connected_at is not None,
    }  # fmt: skip


def changes_of(glass: Glass, references: list[UUID]) -> dict[UUID, int]:
    """How many rows of each of these accounts were changed, as the database noted."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account_reference, count(*) FROM processors_glasschange"
            " WHERE glass_id = %s AND account_reference = ANY(%s) GROUP BY account_reference",
            [glass.pk, references],
        )
        return dict(cursor.fetchall())


def _chosen(glass: Glass) -> QuerySet[GlassAccount]:
    return glass.accounts.filter(told_at__isnull=True).select_related("account").order_by("pk")


def _next_of_all(glass: Glass) -> list[GlassAccount]:
    accounts = list(Account.objects.filter(pk__gt=glass.told_upto).exclude(state=State.ERASED).order_by("pk")[:AT_ONCE])
    if accounts:
        Glass.objects.filter(pk=glass.pk).update(told_upto=accounts[-1].pk)
    return GlassAccount.objects.bulk_create(
        GlassAccount(glass=glass, account=account, is_chosen=False) for account in accounts
    )


# --- Mails -----------------------------------------------------------------------------------------------------


@writes("processors/glass_asked")
def asked(about: UUID, reader: UUID | None = None) -> Addressed | None:
    """To who may approve, as long as it waits; not to who asked."""
    glass = Glass.objects.undecided().filter(reference=about).first()
    if glass is None or glass.asked_by == reader:
        return None
    return to_staff(APPROVE, reader, glass=glass)


@writes("processors/glass_decided")
def decided(about: UUID, reader: UUID | None = None) -> Addressed | None:
    """To who asked, as long as the login is not made."""
    glass = Glass.objects.filter(reference=about, opened_at__isnull=True).first()
    return to_staff(ASK, reader, glass=glass) if glass else None


@writes("processors/glass_told")
def told(about: UUID) -> Addressed | None:
    """To the main user of an account that was seen."""
    row = GlassAccount.objects.filter(reference=about).select_related("glass", "account").first()
    if row is None:
        return None
    changes = changes_of(row.glass, [row.account.reference]).get(row.account.reference, 0)
    return to_main_user(row.account_id, glass=row.glass, changes=changes, contact=settings.PRIVACY_CONTACT)
