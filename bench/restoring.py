"""Measured by a worker: a backup made, erasures since, and the backup restored, beside pg_restore alone."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any


def put_away(_argument: str) -> dict[str, Any]:
    """Make a backup; its name and size."""
    from django.utils import timezone

    from backups import making

    begun = time.monotonic()
    made = making.back_up(at=timezone.now())
    return {"begun": begun, "ended": time.monotonic(), "name": made.name, "size": made.size}


def dumped(path: str) -> dict[str, Any]:
    """Dump the same with pg_dump alone, into a file."""
    from django.db import connection

    from backups import postgres

    begun = time.monotonic()
    with (
        Path(path).open("wb") as file,
        postgres.running(
            "pg_dump", "--format=custom", address=postgres.owner(), server=connection.pg_version // 10_000, stdout=file
        ) as program,
    ):
        program.finish()
    return {"begun": begun, "ended": time.monotonic()}


def bare_restored(path: str) -> dict[str, Any]:
    """Restore that file with pg_restore alone, into a new database that is dropped again; seconds."""
    from django.db import connection

    from backups import fresh, postgres

    name = f"{connection.settings_dict['NAME']}_bare"
    with fresh.server() as server:
        server.create(name)
        begun = time.monotonic()
        with (
            Path(path).open("rb") as file,
            postgres.running(
                "pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={name}",
                address=postgres.owner(name), server=server.version, stdin=file,
            ) as program,
        ):  # fmt: skip
            program.finish()
        ended = time.monotonic()
        server.drop(name)
    return {"begun": begun, "ended": ended}


def restored(name: str) -> dict[str, Any]:
    """Restore the backup and replay the ledger, as the command does; seconds, of each step, and erasures done again."""
    from django.utils import timezone

    from backups import fresh, restoring

    begun = time.monotonic()
    done = restoring.restore(name, identity=None, at=timezone.now())
    ended = time.monotonic()
    with fresh.server() as server:
        server.drop(done.kept_as)
    return {"begun": begun, "ended": ended, "accounts": done.replay["accounts"], "steps": done.seconds}
