"""Restoring a backup (§14): into a database beside, closed until it is proven, then put in the place of the old one.

Until the switch nothing of the living data is touched: whatever goes wrong, the new database goes and the old one opens
again. The switch is one transaction of the server. The old database is kept, closed, under a name with the day.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection

from backups import filling, fresh, losing, pool, postgres, steps, vault
from backups.manifest import Manifest
from backups.problems import BackupProblem
from cannonworks import storage
from cannonworks.datamap import Category
from journal import roots

Tell = Callable[[str], None]
#: Files that are looked up together.
PORTION = 1_000


@dataclass
class Restored:
    """What a restore did: the database's name and that of the one before it, what was lost, seconds of each step."""

    backup: str
    database: str
    kept_as: str = ""
    replay: dict[str, Any] = field(default_factory=dict)
    files: int = 0
    lost: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


def restore(name: str, *, identity: str | None, at: datetime, tell: Tell = lambda line: None) -> Restored:
    """Restore the backup of this name, prove it, and put it in the place of the database that is used.

    The application is closed from the first step to the last. Raises BackupProblem, with the old database let in again
    and nothing left of the new one.
    """
    live = str(connection.settings_dict["NAME"])
    done = Restored(name, live)
    with fresh.server() as server, steps.scratch() as folder, _open_if_it_fails(server, live):
        for left in server.left_behind(live, fresh.RESTORED):
            server.drop(left)
        with _timed(done, "verify"):
            found, keys_of = filling.checked(name, server=server.version)
            keys = filling.open_key(found, identity)
        tell(f"{name} is whole and ours: {found.size:,} bytes, {sum(found.rows.values()):,} rows.")
        connection.close()
        new, kept_as = fresh.beside(live, fresh.RESTORED, at), fresh.beside(live, fresh.BEFORE, at)
        if server.exists(live):
            server.close(live)
            done.lost = losing.since(found, at=at)
        with _dropped_if_it_fails(server, new):
            with _timed(done, "restore"):
                server.create(new)
                filling.fill(new, found, keys_of, keys, server=server.version)
            tell("The database is restored, and closed.")
            with _timed(done, "replay"):
                _replay(done, new, found, folder)
            server.close(new)  # migrations let a role in again
            tell(f"What is gone by the ledger is gone: {done.replay['accounts']} erasures done again, nothing found.")
            with _timed(done, "files"):
                done.files = bring_files(new, found)
            if server.switch(new, live, kept_as):
                done.kept_as = kept_as
        _fork_roots(live, at)
        server.open(live)
    tell("The application is open.")
    return done


def _replay(done: Restored, new: str, found: Manifest, folder: Path) -> None:
    if wrong := filling.deviations(new, found):
        raise BackupProblem("rows", f"Not as many rows as the manifest says: {wrong[0]}.")
    ledger_dir = steps.copy_ledger(folder, steps.batches_in(new))
    done.replay = steps.replayed(database=new, ledger_dir=ledger_dir, files_dir=Path(settings.FILES_DIR))


@contextmanager
def _open_if_it_fails(server: fresh.Server, live: str) -> Iterator[None]:
    """Whatever goes wrong, the database of before is open again, also when an earlier run was killed and left it shut.

    Between the two names of a switch there is no error: it is one transaction.
    """
    try:
        yield
    except BaseException:
        with suppress(psycopg.Error):
            if server.exists(live):
                server.open(live)
        raise


@contextmanager
def _dropped_if_it_fails(server: fresh.Server, new: str) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with suppress(Exception):  # the next restore drops what is left
            server.drop(new)
        raise


@contextmanager
def _timed(done: Any, step: str) -> Iterator[None]:
    begun = time.monotonic()
    yield
    done.seconds[step] = round(time.monotonic() - begun, 3)


def _fork_roots(live: str, at: datetime) -> None:
    """Set aside the journal's digests of what the backup does not have, which otherwise would look cut off."""
    batches = steps.batches_in(live)
    if not roots.path().exists() or roots.path().stat().st_size <= batches * roots.LINE:
        return
    shutil.copyfile(roots.path(), roots.path().with_name(f"{roots.path().name}.before-{at:%Y%m%d%H%M%S}"))
    with roots.path().open("r+b") as file:
        file.truncate(batches * roots.LINE)


def bring_files(database: str, found: Manifest) -> int:
    """Bring back the files of the backup that are missing, but none of what is erased; how many.

    As they are in the pool: sealed under keys that go with their accounts.
    """
    with filling.at_database(database):
        brought = 0
        listed = iter(pool.listed(found.name))
        while some := list(islice(listed, PORTION)):
            missing = [file for file in some if not storage.sealed.exists(file.name)]
            wanted = _not_erased({file.name.split("/")[0] for file in missing}, database)
            for file in missing:
                account, category, _name = file.name.split("/")
                if category in wanted.get(account, ()):
                    _bring(file)
                    brought += 1
        return brought


def _bring(file: pool.Listed) -> None:
    path = Path(settings.FILES_DIR) / file.name
    vault.check(file.path, file.part)
    path.parent.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    draft = path.with_suffix(".part")
    with vault.reading(file.path) as sealed, draft.open("wb") as copy:
        shutil.copyfileobj(sealed, copy, vault.CHUNK)
    draft.rename(path)


def _not_erased(accounts: set[str], database: str) -> dict[str, set[str]]:
    """Of which categories files may be there, by account."""
    with postgres.connect(postgres.owner(database)) as there:
        rows = there.execute(
            "SELECT reference::text, state, deferred FROM accounts_account WHERE reference = ANY(%s::uuid[])",
            [sorted(name for name in accounts if storage.is_reference(name))],
        ).fetchall()
    return {name: set(deferred) if state == "erased" else set(Category.values) for name, state, deferred in rows}
