"""Making a backup (§14): one moment of the database, dumped, sealed, put away, read back, and only then counted.

Never two at once. What does not come to its end, by an error or because the process was killed, has no manifest and is
no backup; it is removed at once, or by the next run. Whoever makes backups has public keys alone and cannot read them.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, Protocol

import psycopg

from backups import copies, manifest, pool, sealing, snapshot, turns, vault
from backups.manifest import Manifest
from backups.problems import BackupProblem
from backups.snapshot import Snapshot
from backups.vault import Part
from cannonworks.deadlines import in_amsterdam
from cannonworks.storage import FilesUnavailable
from journal import services as journal
from journal.services import Actor
from retention import alarms, ledger
from retention.models import AlarmKind


class _Read(Protocol):
    def read(self, size: int = -1) -> bytes: ...


def back_up(*, at: datetime, actor: Actor | None = None) -> Manifest:
    """Make a backup of everything, and return its manifest once all of it was read back (§14).

    ``at`` is a moment before: nothing that was erased before it is in there. Every failure is journalled, and raises
    BackupProblem; so does a second one at the same time (``busy``), which is no failure.
    """
    try:
        to = sealing.recipients()
        with turns.alone() as connection:
            sweep_unfinished()
            copies.copy_ledger()
            made = _make(vault.new_name(at), connection, to, at)
    except (BackupProblem, FilesUnavailable, ledger.BrokenLedger, OSError) as error:
        problem = _problem(error)
        if problem.code != "busy":
            journal.record("backup.failed", actor=actor, clause="14", why=problem.code)
            alarms.sound(AlarmKind.BACKUP, "failed", problem.message[:300], at=at)
        raise problem from error
    facts: dict[str, Any] = {"name": made.name, "size": made.size, "rows": sum(made.rows.values()), "files": made.files}
    journal.record("backup.made", actor=actor, clause="14", **facts)
    return made


def sweep_unfinished() -> int:
    """Remove what an earlier run left half-way; return how many. The caller holds the turn."""
    left = vault.unfinished()
    for name in left:
        vault.remove_backup(name)
    if left:
        pool.remove_unlisted(pool.everything())
        pool.tidy_folders()
    return len(left)


def _make(name: str, connection: psycopg.Connection[Any], to: Any, at: datetime) -> Manifest:
    end = ledger.end()
    newest = vault.newest()
    with _removed_if_it_fails(name), snapshot.taken(connection) as moment:
        parts, rows = _dumped(name, moment, to)
        files = pool.copy_files(name, previous=_trusted(newest))
        parts[vault.FILES] = files.part
        made = Manifest(
            name=name,
            made_at=in_amsterdam(at).isoformat(timespec="seconds"),
            postgres=moment.server,
            migrations=moment.migrations(),
            recipients=tuple(sealing.fingerprints()),
            parts=parts,
            rows=rows,
            journal=moment.journal(),
            ledger={"number": end.number, "hash": end.hash},
            files=files.files,
            files_size=files.size,
        )
        manifest.write(made)
    return made


def _dumped(name: str, moment: Snapshot, to: Any) -> tuple[dict[str, Part], dict[str, int]]:
    """The two parts of the database in the vault, and the rows of its tables, counted while the dump runs."""
    with ThreadPoolExecutor(1) as beside:
        counting = beside.submit(moment.rows)
        with moment.dump() as dump:
            database = _put(f"{name}/{vault.DATABASE}", dump, to)
        rows = counting.result()
    with moment.wrapped_keys() as keys:
        return {vault.DATABASE: database, vault.KEYS: _put(f"{name}/{vault.KEYS}", keys, to)}, rows


def _put(path: str, source: _Read, to: Any) -> Part:
    with sealing.sealed(source, to) as file:
        return vault.put(path, file)


def _trusted(name: str | None) -> str | None:
    if name is None:
        return None
    with suppress(BackupProblem):
        return pool.trusted(name, manifest.read(name).parts.get(vault.FILES))
    return None


@contextmanager
def _removed_if_it_fails(name: str) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with suppress(BackupProblem):  # the next run removes it
            vault.remove_backup(name)
        raise


def _problem(error: Exception) -> BackupProblem:
    if isinstance(error, BackupProblem):
        return error
    if isinstance(error, ledger.BrokenLedger):
        return BackupProblem("ledger", str(error))
    return BackupProblem("files", str(error) or type(error).__name__)
