"""What is done in a restored database by commands of its own, each in a process that knows no other (§14).

They get a copy of the erasure ledger, cut to what the restored journal knows of its own digests: whatever they write,
the ledger of the living application does not hear of a database that may never be let in.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings

from backups import postgres
from backups.problems import BackupProblem
from journal import roots
from retention import ledger

SECRETS = (
    "SECRET_KEY", "KEY_ENCRYPTION_KEYS", "LOOKUP_KEY", "STATEMENT_SIGNING_KEY", "BACKUP_RECIPIENTS", "BACKUP_IDENTITY"
)  # fmt: skip


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for one restore, for its owner alone, gone with the block however that ends."""
    with TemporaryDirectory(prefix="cannonworks-restore-") as folder:
        yield Path(folder)


def copy_ledger(folder: Path, batches: int) -> Path:
    """A copy of the ledger, with as many of the journal's digests as a restored journal has batches."""
    there = folder / "ledger"
    there.mkdir()
    if ledger.path().exists():
        shutil.copyfile(ledger.path(), there / ledger.path().name)
    if roots.path().exists():
        with roots.path().open("rb") as file, (there / roots.path().name).open("wb") as copy:
            copy.write(file.read(batches * roots.LINE))
    return there


def batches_in(database: str) -> int:
    """How many sealed batches the journal in this database has."""
    with postgres.connect(postgres.owner(database)) as connection:
        row = connection.execute("SELECT count(*) FROM journal_batch").fetchone()
    return int(row[0]) if row else 0


def manage(*arguments: str, database: str, ledger_dir: Path, files_dir: Path) -> str:
    """Run a command of ``manage.py`` on that database; what it printed. BackupProblem: its last word."""
    done = subprocess.run(  # noqa: S603  our own program
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments],
        env=environment(database, ledger_dir, files_dir),
        cwd=settings.BASE_DIR, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise BackupProblem(arguments[0], said[-1] if said else f"{arguments[0]} ended with {done.returncode}.")
    return done.stdout


def replayed(*, database: str, ledger_dir: Path, files_dir: Path) -> dict[str, Any]:
    """Bring the database to what the code and the ledger say; what ``replay`` tells of it. Raises BackupProblem."""
    where = {"database": database, "ledger_dir": ledger_dir, "files_dir": files_dir}
    manage("migrate", "--no-input", "-v", "0", **where)  # type: ignore[arg-type]
    return dict(json.loads(manage("replay", "--json", **where)))  # type: ignore[arg-type]


def environment(database: str, ledger_dir: Path, files_dir: Path) -> Mapping[str, str]:
    """Everything this process was told, but for the database, the ledger, the files and the mail."""
    owner = _named(settings.DATABASE_OWNER_URL, database)
    kept = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in SECRETS}
    return {
        **kept,
        "DATABASE_URL": _named(settings.DATABASE_URL, database),
        "DATABASE_OWNER_URL": owner,
        "BACKUP_DATABASE_URL": owner,
        "REDIS_URL": settings.REDIS_URL,
        "LEDGER_DIR": str(ledger_dir),
        "FILES_DIR": str(files_dir),
        "BACKUPS_DIR": str(settings.BACKUPS_DIR),
        "EMAIL_URL": "dummymail://",  # nothing is mailed from a database that may never be let in
        "DATABASE_POOL": "0",
        "SECURE": "false",
        **{name: str(getattr(settings, name)) for name in SECRETS if getattr(settings, name)},
    }


def _named(url: str, database: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rpartition('/')[0]}/{database}"))
