"""The journal as evidence: verified against the erasure ledger, told in the journal itself, and watched (§7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from cannonworks.datamap import Category
from journal import services as journal
from journal import verifying
from journal.models import Batch, Entry
from journal.verifying import Break, Report
from retention import ledger

#: What the daily look goes over again: two days, so that a night that was missed leaves no gap.
RECENT = timedelta(days=2)
#: A journal that nobody looked at for so long is an alarm.
LATE_DAYS = 2


def verify(*, after: int = 0) -> Report:
    """Prove the journal from the batch behind number ``after``; a broken ledger proves nothing either."""
    try:
        return verifying.verify(erased=erased, after=after)
    except ledger.BrokenLedger as error:
        return Report(broken=Break("ledger", None, None, str(error)))


def erased() -> set[str | None]:
    """References of the accounts whose evidence was claimed for erasure, by the ledger. Raises BrokenLedger."""
    # Claimed is enough: that line is on disk before the first row goes, the other after the last.
    return {line["account"] for line in ledger.read() if Category.EVIDENCE in line["categories"]}


def verify_and_tell(*, whole: bool, at: datetime) -> Report:
    """Prove all of the journal, or what was sealed of late, and write into the journal what came of it."""
    after = 0 if whole else Batch.objects.filter(sealed_at__lt=at - RECENT).count()
    report = verify(after=after)
    facts: dict[str, Any] = {"batches": report.batches, "entries": report.entries}
    if broken := report.broken:
        facts = {"what": broken.kind, "batch": broken.batch, "entry": broken.entry}
    journal.record("journal.verified", clause="7", whole=whole, proven=report.proven, **facts)
    return report


def complaints() -> Iterator[tuple[str, str]]:
    """What is wrong with the journal, as (about, detail): by the last look of each kind, and by what is not sealed."""
    told = Entry.objects.filter(event="journal.verified").order_by("-id")
    for whole in (True, False):
        last = told.filter(facts__whole=whole).first()
        if last is not None and not last.facts["proven"]:
            yield "whole" if whole else "recent", f"{last.facts['what']}: {last.facts['batch']}, {last.facts['entry']}"
    with connection.cursor() as cursor:
        cursor.execute(
            # By the database's clock, which dates entries; only the rows behind the last batch are looked at.
            "SELECT count(*) FROM journal_entry WHERE id > (SELECT coalesce(max(last_id), 0) FROM journal_batch)"
            " AND at < now() - make_interval(hours => %s)",
            [verifying.LATE_HOURS],
        )
        if late := cursor.fetchone()[0]:
            yield "unsealed", str(late)
        cursor.execute(
            "SELECT (SELECT min(sealed_at) FROM journal_batch) < late.moment AND NOT EXISTS"
            " (SELECT 1 FROM journal_entry WHERE event = 'journal.verified' AND at > late.moment)"
            " FROM (SELECT now() - make_interval(days => %s)) AS late(moment)",
            [LATE_DAYS],
        )
        if cursor.fetchone()[0]:
            yield "unverified", str(LATE_DAYS)
