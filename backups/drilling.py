"""The drill (§14): the newest backup is restored into a database that nobody uses, proven, and removed again.

What could not be tried is not proven: without a secret key, a backup or a server the drill says so, and alarms. Nothing
of the living data is touched, and nothing is left, whatever comes of it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from backups import filling, fresh, pool, steps, vault
from backups.manifest import Manifest
from backups.models import Drill, Result
from backups.problems import BackupProblem
from journal import services as journal
from retention import ledger
from retention.alarms import Found
from retention.models import AlarmKind

#: A weekly drill is late after a week and a day.
LATE = timedelta(days=8)
#: What keeps a drill from trying at all; everything else is a backup that did not stand it.
COULD_NOT_TRY = frozenset({"no-identity", "no-database", "no-program", "no-right", "busy", "vault", "no-key"})


class Trial:
    """What a drill has found so far."""

    def __init__(self) -> None:
        self.backup = ""
        self.seconds: dict[str, float] = {}
        self.counts: dict[str, Any] = {}

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        """Note how long a step took, also one that failed."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self.seconds[step] = round(time.monotonic() - begun, 3)


def drill(*, at: datetime, identity: str | None = None) -> Drill:
    """Try the newest backup, write down what came of it, and journal it; never raises for a backup that fails."""
    trial, result, problem = Trial(), Result.PROVEN, ""
    begun = time.monotonic()
    try:
        _try(trial, identity=identity, at=at)
    except BackupProblem as error:
        result = Result.NOT_CHECKED if error.code in COULD_NOT_TRY else Result.FAILED
        problem = str(error)
    except (ledger.BrokenLedger, OSError) as error:
        result, problem = Result.FAILED, str(error)
    done = Drill.objects.create(
        backup=trial.backup, began_at=at, ended_at=at + timedelta(seconds=time.monotonic() - begun), result=result,
        problem=problem[:300], seconds=trial.seconds, counts=trial.counts,
    )  # fmt: skip
    facts: dict[str, Any] = {"backup": done.backup, "result": result.value, "seconds": round(time.monotonic() - begun)}
    journal.record("backup.drilled", clause="14", **facts)
    return done


def check_drills(on: date, at: datetime) -> Iterator[Found]:
    """A last drill that was not proven, and no drill for over a week though there are backups; for the hourly check."""
    last = Drill.objects.order_by("-began_at").first()
    if last is not None and last.result != Result.PROVEN:
        yield AlarmKind.BACKUP, "drill", f"{last.result}: {last.problem}"[:300]
    names = vault.names()
    since = last.began_at if last is not None else vault.made_at(names[0]) if names else at
    if at - since > LATE:
        yield AlarmKind.BACKUP, "no drill", f"{since:%Y-%m-%d %H:%M} UTC"


def _try(trial: Trial, *, identity: str | None, at: datetime) -> None:
    newest = vault.newest()
    if newest is None:
        raise BackupProblem("missing", "There is no backup.")
    trial.backup, live = newest, str(connection.settings_dict["NAME"])
    with fresh.server() as server, steps.scratch() as folder:
        for left in server.left_behind(live, fresh.DRILL):
            server.drop(left)
        with trial.timed("verify"):
            found, keys_of = filling.checked(newest, server=server.version)
            keys = filling.open_key(found, identity)
            trial.counts |= {"rows": sum(found.rows.values()), "bytes": found.size, "files": _check_files(found)}
        scratch = fresh.beside(live, fresh.DRILL, at)
        try:
            with trial.timed("restore"):
                server.create(scratch)
                filling.fill(scratch, found, keys_of, keys, server=server.version)
                if wrong := filling.deviations(scratch, found):
                    raise BackupProblem("rows", f"Not as many rows as the manifest says: {wrong[0]}.")
            with trial.timed("replay"):
                ledger_dir = steps.copy_ledger(folder, steps.batches_in(scratch))
                done = steps.replayed(database=scratch, ledger_dir=ledger_dir, files_dir=folder / "files")
            trial.counts |= {name: done[name] for name in ("lines", "accounts", "people", "journal_entries")}
        finally:
            with suppress(BackupProblem, OSError):
                server.drop(scratch)


def _check_files(found: Manifest) -> int:
    """How many files the backup lists, each there at its full length; the digests are read by a restore."""
    number = 0
    for file in pool.listed(found.name):
        number += 1
        if vault.size(file.path) != file.part.size:
            raise BackupProblem("missing", f"{file.path} is not there, or cut off.")
    return number
