"""One at a time: whoever changes the vault holds a lock in the database, which ends with its process in any case."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg

from backups import postgres
from backups.problems import BackupProblem


@contextmanager
def alone() -> Iterator[psycopg.Connection[Any]]:
    """A connection of the login for backups that holds the lock until the block ends. BackupProblem: another has it."""
    with postgres.connect(postgres.reader(), autocommit=True) as connection:
        taken = connection.execute("SELECT pg_try_advisory_lock(hashtext('backups'))").fetchone()
        if not taken or not taken[0]:
            raise BackupProblem("busy", "A backup is being made, or old ones removed, at this moment: try again later.")
        try:
            yield connection
        finally:  # at once: the server notices the end of a connection only a moment later
            with suppress(psycopg.Error):
                connection.execute("SELECT pg_advisory_unlock_all()")
