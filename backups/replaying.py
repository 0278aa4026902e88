"""Replay: from a database as a backup has it to one that may be let in again (§14).

The ledger is laid beside it: living accounts stand as they stood last, whatever is gone by the ledger goes again
through the one door, nobody is signed in, no mail goes twice; then everything is looked through, and only when nothing
is found that should not be there, and the journal is whole, is it proven. It may be done again, and goes on where it
broke off.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import connection, transaction

from accounts.models import Account
from accounts.states import State
from backups import quieting
from cannonworks import isolation, storage
from cannonworks.deadlines import local_date
from journal import services as journal
from retention import again, alarms, evidence, standing

#: Lines, and folders of files, that are looked at together.
PORTION = 1_000


class NotProven(Exception):
    """Something that is gone by the ledger is still there, or could not be looked for: the database stays closed."""


@dataclass
class Replay:
    """What a replay did, in numbers; nothing of it names anybody."""

    lines: int = 0
    accounts: int = 0
    people: int = 0
    standing: dict[str, int] = field(default_factory=dict)
    ended: dict[str, int] = field(default_factory=dict)
    mails: dict[str, int] = field(default_factory=dict)
    strange_folders: int = 0
    journal_entries: int = 0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def replay(*, at: datetime, progress: Callable[[int], None] = lambda finished: None) -> Replay:
    """Bring this database to what the ledger says, prove it, and journal it. Raises NotProven, BrokenLedger.

    The connection is the owner's: nobody else is let into a database before this is done.
    """
    done = Replay()
    with again.loaded() as done.lines:
        done.ended, done.mails = _quieted(at=at)
        done.standing = asdict(_stand_as_told(at=at))
        done.accounts = again.erase_accounts(at=at, progress=progress)
        done.people = again.erase_people(at=at)
        left = again.left_over() | _residue(at)
    files, done.strange_folders = _files_of_the_erased()
    left |= {"files of erased accounts": files} if files else {}
    if left:
        raise NotProven("; ".join(f"{what}: {count}" for what, count in sorted(left.items())))
    report = evidence.verify()
    if report.broken:
        raise NotProven(f"the journal: {report.broken.text}")
    done.journal_entries = report.entries
    journal.record("backup.restored", clause="14", accounts=done.accounts, people=done.people, lines=done.lines)
    return done


@transaction.atomic
def _quieted(*, at: datetime) -> tuple[dict[str, int], dict[str, int]]:
    with connection.cursor() as cursor:  # also of accounts that an erasure had in hand; they go in a moment
        cursor.execute("SELECT set_config('cannonworks.erasing', 'on', true)")
    return quieting.void_entrances(at=at), quieting.still_mails(at=at)


def _stand_as_told(*, at: datetime) -> standing.Restored:
    done = standing.Restored()
    for line in _last_lines():
        standing.set_again(line, done, at=at)
    return done


def _last_lines() -> Iterator[dict[str, Any]]:
    """The last standing of each account that this database has, in portions."""
    behind = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT account.id, last.line FROM accounts_account AS account"
                f" JOIN LATERAL (SELECT line FROM {again.TOLD} AS told WHERE told.account = account.reference"
                " AND kind = %s ORDER BY number DESC LIMIT 1) AS last ON true"
                " WHERE account.id > %s ORDER BY account.id LIMIT %s",
                [standing.LINE, behind, PORTION],
            )
            found = cursor.fetchall()
        if not found:
            return
        behind = found[-1][0]
        yield from (json.loads(line) for _pk, line in found)


def _residue(at: datetime) -> dict[str, int]:
    """Rows of erased accounts in every declared table from which all of theirs should be gone."""
    return {f"rows in {about}": int(count) for _kind, about, count in alarms.residue(local_date(at), at)}


def _files_of_the_erased() -> tuple[int, int]:
    """Folders with files of erased accounts that nothing keeps, and folders of accounts that this database has not."""
    left = strange = 0
    folders = storage.folders()
    while some := dict(islice(folders, PORTION)):
        references = [name for name in some if storage.is_reference(name)]
        known = {str(account.reference): account for account in Account.objects.filter(reference__among=references)}
        strange += len(some) - len(known)
        for name, account in known.items():
            gone = account.state == State.ERASED
            left += gone and bool({*some[name]} - {*account.deferred})
    return left, strange


def replay_as_owner(*, at: datetime) -> Replay:
    """The same, as a command does it: logged in as the owner of the tables."""
    with isolation.as_owner():
        return replay(at=at)
