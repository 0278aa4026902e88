"""A backup of a database with very many rows, beside bare ``pg_dump -Fc`` of the same database to the same disk."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench.importing import _memory


def backed_up(_argument: str) -> dict[str, Any]:
    """Make a backup as a worker does: seconds, bytes of the dump, memory over idle in MiB; seconds of bare pg_dump."""
    from django.conf import settings
    from django.utils import timezone

    from backups import making, vault
    from cannonworks import isolation, storage

    settings.BACKUPS_DIR, settings.FILES_DIR = (tempfile.mkdtemp(dir=os.environ["LEDGER_DIR"]) for _name in "bf")
    storage.prepare()
    bare = [_dumped(settings.BACKUPS_DIR)]
    idle = _memory("VmRSS")
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    with isolation.acting_as(isolation.JOBS):
        begun = time.monotonic()
        made = making.back_up(at=timezone.now())
        ended = time.monotonic()
    mib = _memory("VmHWM") - idle
    bare.append(_dumped(settings.BACKUPS_DIR))
    size, rows = made.parts[vault.DATABASE].size, sum(made.rows.values())
    vault.remove_backup(made.name)
    return {"begun": begun, "ended": ended, "bare": bare, "bytes": size, "rows": rows, "mib": mib}


def _dumped(folder: str) -> float:
    """Seconds of ``pg_dump --format=custom``, on the disk at the end."""
    from django.db import connection

    from backups import postgres

    path = Path(folder) / "bare.dump"
    begun = time.monotonic()
    program = postgres.program("pg_dump", server=connection.pg_version // 10_000)
    subprocess.run(
        [program, "--format=custom", f"--file={path}"], env=postgres.environment(postgres.reader()), check=True
    )
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
    seconds = time.monotonic() - begun
    path.unlink()
    return seconds
