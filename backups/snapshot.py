"""What a backup takes from one moment of the database: the dump, the wrapped keys, how many rows there were."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from backups import postgres
from backups.postgres import Program

#: Wrapped keys are in a schema of their own; a dump that is kept long has its tables, and none of its rows.
KEYSTORE = "keystore"
LOCK_WAIT = "10min"

TABLES = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1, 2
"""
#: With the reference of the account: its key is bound to that, whatever number the account has.
WRAPPED_KEYS = """
COPY (SELECT k.id, k.account_id, a.reference AS account_reference, k.key_id, k.wrapped, k.made_at
      FROM keystore.accounts_datakey k JOIN public.accounts_account a ON a.id = k.account_id ORDER BY k.id)
TO STDOUT (FORMAT csv, HEADER)
"""


class Snapshot:
    """One moment of the database, as every query of ``connection`` and every program it is told to sees it."""

    def __init__(self, connection: psycopg.Connection[Any], name: str) -> None:
        self.connection, self.name = connection, name

    @property
    def server(self) -> int:
        """The server's major version."""
        return self.connection.info.server_version // 10_000

    @contextmanager
    def dump(self) -> Iterator[Program]:
        """Everything but wrapped keys, in pg_dump's custom format, to ``read``."""
        arguments = (
            "--format=custom", f"--snapshot={self.name}", f"--exclude-table-data={KEYSTORE}.*",
            f"--lock-wait-timeout={LOCK_WAIT}", "--no-password",
        )  # fmt: skip
        address = postgres.reader()
        with postgres.running(
            "pg_dump", *arguments, address=address, server=self.server, stdout=subprocess.PIPE
        ) as program:
            yield program

    @contextmanager
    def wrapped_keys(self) -> Iterator[Rows]:
        """The wrapped keys as CSV with a header, to ``read``."""
        with self.connection.cursor() as cursor, cursor.copy(WRAPPED_KEYS) as copy:
            yield Rows(copy)

    def rows(self) -> dict[str, int]:
        """How many rows each table has, as ``rows_of`` counts them."""
        return rows_of(self.connection)

    def migrations(self) -> dict[str, str]:
        """The last migration of each app."""
        return dict(self.connection.execute("SELECT app, max(name) FROM django_migrations GROUP BY app").fetchall())

    def journal(self) -> dict[str, Any]:
        """How many entries, and number and digest of the last sealed batch (0 and empty: none)."""
        last = "SELECT number, encode(digest, 'hex') FROM journal_batch ORDER BY number DESC LIMIT 1"
        batch = self.connection.execute(last).fetchone() or (0, "")
        entries = self._one(sql.SQL("SELECT count(*) FROM journal_entry"))[0]
        return {"entries": entries, "batch": batch[0], "digest": batch[1]}

    def _one(self, query: sql.SQL | sql.Composed) -> Any:
        return self.connection.execute(query).fetchone()


@contextmanager
def taken(connection: psycopg.Connection[Any]) -> Iterator[Snapshot]:
    """A snapshot of the database as it is now, in a transaction that only reads and ends with the block."""
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    try:
        name = connection.execute("SELECT pg_export_snapshot()").fetchone()
        assert name is not None  # noqa: S101  it always answers
        yield Snapshot(connection, name[0])
    finally:
        if not connection.closed:
            connection.rollback()


def rows_of(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """How many rows each table has; those outside ``public`` with their schema before the name."""
    found = {}
    for schema, table in connection.execute(TABLES).fetchall():
        row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table))).fetchone()
        assert row is not None  # noqa: S101  it always answers
        found[table if schema == "public" else f"{schema}.{table}"] = int(row[0])
    return found


class Rows:
    """What COPY gives, to ``read``: a piece is as long as the server made it."""

    def __init__(self, copy: psycopg.Copy) -> None:
        self._copy, self._left = copy, b""

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            return self._left + b"".join(bytes(piece) for piece in self._copy)
        if not self._left:
            self._left = bytes(self._copy.read())
        piece, self._left = self._left[:size], self._left[size:]
        return piece
