"""Removing backups when their year is over (§14), and wrapped keys after their own few days.

A backup ends at the start of the day that erasure statements promise: nothing it holds was erased on a later day than
the one it was made on. Terms are counted in Amsterdam days from its name, so nothing that is lost or forged in it can
keep it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import takewhile

from backups import pool, turns, vault
from cannonworks import rules
from cannonworks.deadlines import local_date
from journal import services as journal


@dataclass(frozen=True)
class Expired:
    """What was removed: whole backups, wrapped keys of others, files of accounts that no backup lists any more."""

    backups: int
    keys: int
    files: int


def expires_on(name: str) -> date:
    """The first day on which the backup of this name is not there any more."""
    return rules.BACKUPS_KEPT.after(_day(name))


def keys_expire_on(name: str) -> date:
    """The first day on which its wrapped keys are not there any more, if there are newer ones."""
    return rules.KEYS_KEPT.after(_day(name))


def expire(*, on: date) -> Expired:
    """Remove what is over on the Amsterdam day ``on`` (§14); may be done again, and goes on where it was killed.

    The newest keys stay until there are newer: without them no backup could be opened. Raises BackupProblem, also when
    a backup is being made (``busy``).
    """
    with turns.alone():
        names = vault.names()
        keys = _expire_keys(names, on)
        last = rules.BACKUPS_KEPT.over_on(on)
        over = list(takewhile(lambda name: _day(name) <= last, names))
        files = sum(_expire(name) for name in over)
        if over:
            pool.tidy_folders()
    gone = Expired(len(over), keys, files)
    if over or keys:
        journal.record("backup.expired", clause="14", names=over, keys=keys, files=files)
    return gone


def _day(name: str) -> date:
    return local_date(vault.made_at(name))


def _expire(name: str) -> int:
    """Remove one backup and the files that were its alone; how many files."""
    with pool.names_kept(name) as names:
        vault.remove_backup(name)
        return pool.remove_unlisted(names)


def _expire_keys(names: list[str], on: date) -> int:
    last = rules.KEYS_KEPT.over_on(on)
    old = takewhile(lambda name: _day(name) <= last, names)
    due = [name for name in old if vault.has(f"{name}/{vault.KEYS}")]
    if due and not any(vault.has(f"{name}/{vault.KEYS}") for name in reversed(names) if name > due[-1]):
        due.pop()
    for name in due:
        vault.remove(f"{name}/{vault.KEYS}")
    return len(due)
