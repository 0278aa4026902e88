"""What a restore loses: everything that was done between the backup and now, told in numbers (§14).

Where the old database can still be read, its journal says it: nothing is changed without an entry there. Its facts name
nobody, and so does this.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg
from django.db import connection

from backups import postgres
from backups.manifest import Manifest
from backups.problems import BackupProblem
from journal.events import EVENTS

EVENTS_SINCE = "SELECT event, count(*) FROM journal_entry WHERE at > %s GROUP BY event ORDER BY count(*) DESC, event"
COUNTS = {
    "accounts": "SELECT count(*) FROM journal_entry WHERE event = 'account.signed_up' AND at > %s",
    "passwords": "SELECT count(*) FROM journal_entry WHERE event = 'user.password_changed' AND at > %s",
    "documents": "SELECT count(*) FROM journal_entry WHERE event = 'document.issued' AND at > %s",
    "invoices": "SELECT count(*) FROM journal_entry WHERE event = 'subscription.charged' AND at > %s",
    "mails": "SELECT count(*) FROM accounts_plannedmail WHERE sent_at > %s",
}


def since(found: Manifest, *, at: datetime) -> dict[str, Any]:
    """What the database that is used has and the backup has not: hours, events by number, and what they touch.

    ``readable`` False where it cannot be asked: then all that is known is the span.
    """
    told: dict[str, Any] = {
        "from": found.made_at,
        "hours": round((at - found.moment).total_seconds() / 3600, 1),
        "readable": False,
    }
    try:
        with postgres.connect(postgres.owner(str(connection.settings_dict["NAME"]))) as there:
            events = dict(there.execute(EVENTS_SINCE, [found.moment]).fetchall())
            counts = {name: _one(there, query, found) for name, query in COUNTS.items()}
    except (BackupProblem, psycopg.Error):
        return told
    return {**told, "readable": True, "events": events, **counts}


def _one(there: psycopg.Connection[Any], query: str, found: Manifest) -> int:
    row = there.execute(query, [found.moment]).fetchone()  # type: ignore[arg-type]
    return int(row[0]) if row else 0


def in_words(lost: dict[str, Any]) -> list[str]:
    """The same as lines for whoever restores."""
    if not lost:
        return ["There was no database before: nothing is lost but what was done since the backup."]
    lines = [f"Lost: what was done since {lost['from']}, {lost['hours']} hours ago."]
    if not lost["readable"]:
        return [*lines, "What that was is not known: the database of before could not be read."]
    lines.append(
        f"{lost['accounts']} accounts signed up, {lost['passwords']} passwords were changed and hold no more;"
        f" {lost['mails']} mails about requests were sent and are not known of."
    )
    if numbers := lost["documents"] + lost["invoices"]:
        lines.append(
            f"{numbers} numbers of documents were given ({lost['documents']} by account holders, {lost['invoices']} of"
            " our own invoices): they will be given again. Look for them in the database of before."
        )
    return [*lines, *(f"  {count} × {EVENTS.get(event, event)} ({event})" for event, count in lost["events"].items())]
