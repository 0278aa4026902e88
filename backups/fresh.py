"""Databases beside the one that is used: made closed, let in, switched and dropped, by who owns them (§14).

A new database lets nobody in but its owner until it is proven. It has a name of its own until then too: the application
does not know it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql

from backups import postgres
from backups.problems import BackupProblem
from cannonworks import glass

SERVER = "postgres"
RESTORED, BEFORE, DRILL = "restored", "before", "drill"
STAMP = "%Y%m%dt%H%M%S"
LONGEST = 63  # bytes of a name


class Server:
    """The server, for who owns the databases on it, while nobody else restores."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection

    @property
    def version(self) -> int:
        """Its major version."""
        return self.connection.info.server_version // 10_000

    def exists(self, name: str) -> bool:
        return self._one("SELECT 1 FROM pg_database WHERE datname = %s", [name]) is not None

    def create(self, name: str) -> None:
        """Make an empty database that lets in its owner alone. BackupProblem: the owner may not."""
        try:
            self._run("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'", name)
        except psycopg.errors.InsufficientPrivilege:
            user = self.connection.info.user
            raise BackupProblem("no-right", f"{user} may not make databases: ALTER ROLE {user} CREATEDB.") from None
        except psycopg.Error as error:
            raise BackupProblem("no-database", f"No database could be made: {_line(error)}.") from None
        self.close(name)

    def close(self, name: str) -> None:
        """Let nobody in any more but the owner, and end every session of others."""
        self._run("REVOKE CONNECT ON DATABASE {} FROM PUBLIC", name)
        if self._one("SELECT 1 FROM pg_roles WHERE rolname = %s", [glass.ROLE]):
            self._run(f"REVOKE CONNECT ON DATABASE {{}} FROM {glass.ROLE}", name)
        self.end_sessions(name)

    def open(self, name: str) -> None:
        """Let everybody in again who has a login."""
        self._run("GRANT CONNECT ON DATABASE {} TO PUBLIC", name)
        if self._one("SELECT 1 FROM pg_roles WHERE rolname = %s", [glass.ROLE]):
            self._run(f"GRANT CONNECT ON DATABASE {{}} TO {glass.ROLE}", name)

    def end_sessions(self, name: str) -> None:
        """End every session in this database. BackupProblem: the owner may not."""
        self._be_let_end(name)
        try:
            self._one(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = %s AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
                [name],
            )
        except psycopg.errors.InsufficientPrivilege:
            user = self.connection.info.user
            raise BackupProblem(
                "no-right", f"{user} may not end the sessions in {name}: GRANT pg_signal_backend TO {user}."
            ) from None

    def _be_let_end(self, name: str) -> None:
        """Who makes a login may be a member of it, and so end its sessions; the owner made that of the application."""
        strangers = self.connection.execute(
            "SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = %s AND NOT pg_has_role(usename, 'USAGE')",
            [name],
        ).fetchall()
        quietly = " WITH INHERIT TRUE" if self.version >= 16 else ""
        for (login,) in strangers:
            with suppress(psycopg.Error):
                self._run(f"GRANT {{}} TO CURRENT_USER{quietly}", login)

    def drop(self, name: str) -> None:
        """Remove a database with all that is in it, whoever is still connected; harmless when it is not there."""
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def switch(self, new: str, live: str, kept_as: str) -> bool:
        """Give ``new`` the name ``live``, whose own becomes ``kept_as``: both or neither; whether there was one."""
        was_there = self.exists(live)
        for name in (new, live):
            self.end_sessions(name)
        with self.connection.transaction():
            if was_there:
                self._run("ALTER DATABASE {} RENAME TO {}", live, kept_as)
            self._run("ALTER DATABASE {} RENAME TO {}", new, live)
        return was_there

    def left_behind(self, live: str, kind: str) -> list[str]:
        """What runs that were killed left of this kind; nobody works on them, for we alone restore."""
        begin = f"{_short(live)}_{kind}_"
        found = self.connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [begin])
        return [name for (name,) in found.fetchall()]

    def _run(self, statement: str, *names: str) -> None:
        self.connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))  # type: ignore[arg-type]

    def _one(self, query: str, params: list[Any]) -> Any:
        return self.connection.execute(query, params).fetchone()  # type: ignore[arg-type]


@contextmanager
def server() -> Iterator[Server]:
    """The server of the database that is used, for one restore or drill at a time. BackupProblem: busy, no-database."""
    what = f"restore of {postgres.owner()['NAME']}"  # others on this server are none of ours
    with postgres.connect(postgres.owner(SERVER), autocommit=True) as connection:
        locked = connection.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [what]).fetchone()
        if not locked or not locked[0]:
            raise BackupProblem("busy", "Another restore or drill is running.")
        yield Server(connection)


def beside(live: str, kind: str, at: datetime) -> str:
    """A name that no database has, which says of which it is and when it was made."""
    return f"{_short(live)}_{kind}_{at.astimezone(UTC).strftime(STAMP)}_{secrets.token_hex(2)}"


def _short(live: str) -> str:
    return live[: LONGEST - 32]


def _line(error: psycopg.Error) -> str:
    return str(error).strip().splitlines()[0].rstrip(".")
