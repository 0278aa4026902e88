"""What is wrong with the backups: found by the hourly check with all other alarms, and shown to staff (§14)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db import connection

from backups import copies, expiring, vault
from backups.problems import BackupProblem
from journal.models import Entry
from retention.alarms import Found
from retention.ledger import BrokenLedger
from retention.models import AlarmKind

#: A daily backup is late after a day and what it may take.
LATE = timedelta(hours=26)
ABOUT_BACKUPS = ("backup.made", "backup.failed")
ABOUT_THE_LEDGER = ("ledger.proven", "ledger.broken")


def check_backups(on: date, at: datetime) -> Iterator[Found]:
    """A last try that failed, no backup for over a day, and one that should have gone a day ago."""
    last = Entry.objects.filter(event__in=ABOUT_BACKUPS).order_by("-id").first()
    if last is not None and last.event == "backup.failed":
        yield AlarmKind.BACKUP, "failed", str(last.facts.get("why", ""))
    names = vault.names()
    now, first = _clock()
    expected_since = vault.made_at(names[-1]) if names else first
    if expected_since is not None and now - expected_since > LATE:
        yield AlarmKind.BACKUP, "missing", f"{expected_since:%Y-%m-%d %H:%M} UTC" if names else ""
    for name in names:
        if expiring.expires_on(name) < on:
            yield AlarmKind.TOO_LATE, name, f"§14: {expiring.expires_on(name)}"


def check_ledger(on: date, at: datetime) -> Iterator[Found]:
    """A ledger that does not go on from its last copy, or was found broken when all of it was compared."""
    try:
        copies.copy_ledger()
    except BrokenLedger as error:
        yield AlarmKind.LEDGER, "ledger", str(error)
        return
    except BackupProblem as problem:
        yield AlarmKind.LEDGER, "copies", problem.message[:300]
        return
    last = Entry.objects.filter(event__in=ABOUT_THE_LEDGER).order_by("-id").first()
    if last is not None and last.event == "ledger.broken":
        yield AlarmKind.LEDGER, "ledger", ""


def _clock() -> tuple[datetime, datetime | None]:
    """The database's clock, and the moment of the first entry of the journal: it is by that clock that entries are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now(), (SELECT at FROM journal_entry ORDER BY id LIMIT 1)")
        return cursor.fetchone()
