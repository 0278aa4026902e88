"""Findings, and what is done about them until it helped (§7). Nothing closes by itself."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from audits.keeping import check_keeps, check_texts
from audits.models import Finding, Measure
from journal import services as journal


@transaction.atomic
def record_finding(
    *,
    origin: str,
    of: UUID | None,
    title: str,
    text: str,
    severity: str,
    actor: User,
    at: datetime,
    measure: Measure | None = None,
) -> Finding:
    """Write down that something is not as it should be; it stays open until what it leads to helped, or is accepted.

    ``of``: the random reference of the audit, breach or review it comes from; None only for ``Origin.OTHER``. Texts
    name no people. ValidationError for what cannot be, Refused without a role that keeps findings (§7).
    """
    check_keeps(actor, "add_finding")
    finding = Finding(
        origin=origin, of=of, title=title, text=text, severity=severity, measure=measure,
        found_by=actor.reference, found_at=at,
    )  # fmt: skip
    check_texts(finding)
    finding.full_clean()
    finding.save(force_insert=True)
    journal.record(
        "finding.recorded", actor=actor, clause="7", finding=finding.reference, origin=origin, of=of,
        severity=severity, measure=measure and measure.reference,
    )  # fmt: skip
    return finding
