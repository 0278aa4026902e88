"""The test database: as new after every test, in milliseconds also where a test has real transactions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import django
import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.test import TransactionTestCase
from psycopg import sql

#: How the databases are called that were migrated once, for every later worker and run to copy.
MIGRATED = "migrated_for_tests_"
#: Any number that nobody else locks.
ONE_AT_A_TIME = 0x746573747321


class Pristine:
    """What stands in the tables of a database that was just made, brought back by ``restore``.

    Django truncates all tables and makes content types, permissions, roles and terms anew: the better part of a second.
    Here only those tables are emptied that a test wrote to, and what belongs there comes back with its old keys.
    """

    def __init__(self) -> None:
        self.tables = sorted(connection.introspection.table_names())
        self.rows = {table: rows for table in self.tables if (rows := self._rows(table))}

    @staticmethod
    def _rows(table: str) -> str | None:
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT jsonb_agg(t ORDER BY t::text)::text FROM "{table}" t')
            return cursor.fetchone()[0]

    def restore(self) -> list[str]:
        """Undo what was committed, and return the tables of which that is true; no trigger may refuse it.

        Fails where a thread that the test left behind still works: that is an error, not a wait.
        """
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '20s'; LOCK TABLE {', '.join(map(_quoted, self.tables))}")
            cursor.execute(" UNION ALL ".join(map(self._whether_changed, self.tables)), list(self.rows.values()))
            changed = [table for (table,) in cursor.fetchall()]
            if changed:
                self._rewrite(changed)
        return changed

    def _whether_changed(self, table: str) -> str:
        if table in self.rows:
            now = f"SELECT jsonb_agg(t ORDER BY t::text) FROM {_quoted(table)} t"
            return f"SELECT '{table}' WHERE ({now}) IS DISTINCT FROM %s::jsonb"
        return f"SELECT '{table}' WHERE EXISTS (SELECT FROM {_quoted(table)})"

    def _rewrite(self, tables: list[str]) -> None:
        names, kept = list(map(_quoted, tables)), [table for table in tables if table in self.rows]
        steps = [f"ALTER TABLE {name} DISABLE TRIGGER USER" for name in names]
        steps += [f"DELETE FROM {name}" for name in names]
        steps += [
            f"INSERT INTO {name} SELECT * FROM jsonb_populate_recordset(NULL::{name}, %s)"
            for name in map(_quoted, kept)
        ]
        steps += ["SET CONSTRAINTS ALL IMMEDIATE", *(f"ALTER TABLE {name} ENABLE TRIGGER USER" for name in names)]
        with connection.cursor() as cursor:
            cursor.execute("; ".join(steps), [self.rows[table] for table in kept])


def _quoted(table: str) -> str:
    return f'"{table}"'


class Migrated:
    """A database as the migrations leave it, kept under the digest of all our source for workers and runs to copy.

    To migrate takes ten seconds of work, to copy a fraction of one. Whoever finds none makes it from their own new
    database, while the others wait for it.
    """

    def __init__(self) -> None:
        self.name = MIGRATED + digest_of_source()
        known = settings.DATABASE_OWNER
        address = {"host": known["HOST"], "port": known["PORT"], "user": known["USER"], "password": known["PASSWORD"]}
        given = {key: value for key, value in address.items() if value}
        self.server = psycopg.connect(dbname="postgres", autocommit=True, **given)
        self.server.execute("SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])

    def leave_to_others(self) -> None:
        """Drop the lock."""
        self.server.close()

    def exists(self) -> bool:
        return self.name in self._all()

    def copy(self, database: str) -> None:
        """Keep a copy of ``database``, to which nobody is connected, in the place of what was kept of other source."""
        for name in self._all():
            self._run("DROP DATABASE {}", name)
        draft = f"{self.name}_draft"  # what breaks off half-way is not taken for the whole
        self._run("CREATE DATABASE {} TEMPLATE {}", draft, database)
        self._run("ALTER DATABASE {} RENAME TO {}", draft, self.name)

    def _all(self) -> list[str]:
        found = self.server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [MIGRATED])
        return [name for (name,) in found.fetchall()]

    def _run(self, statement: str, *names: str) -> None:
        self.server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def digest_of_source() -> str:
    """Of all that may make a database another one: our code and the migrations of the libraries."""
    ours = [
        path for path in settings.BASE_DIR.glob("*/**/*.py") if _is_product(path.relative_to(settings.BASE_DIR).parts)
    ]
    theirs = [config for config in apps.get_app_configs() if settings.BASE_DIR not in Path(config.path).parents]
    paths = sorted({*ours, *(path for config in theirs for path in Path(config.path).glob("migrations/*.py"))})
    digest = hashlib.sha256(django.__version__.encode())
    for path in paths:
        digest.update(f"{path.name}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:24]


def _is_product(parts: tuple[str, ...]) -> bool:
    return parts[0] in {config.label for config in apps.get_app_configs()}


@pytest.fixture(scope="session")
def migrated(django_db_modify_db_settings: None) -> Iterator[Migrated]:
    """What comes next makes the database of this worker as a copy of what is migrated, if somebody did."""
    migrated = Migrated()
    if migrated.exists():
        connection.settings_dict["TEST"]["TEMPLATE"] = migrated.name
    yield migrated
    migrated.leave_to_others()


@pytest.fixture(scope="session")
def django_db_setup(migrated: Migrated, django_db_setup: None, django_db_blocker) -> Iterator[None]:
    """Its commits need not outlive the machine; what a test with real transactions left goes as ``Pristine`` says."""
    if connection.settings_dict["NAME"] == settings.DATABASE_OWNER["NAME"]:
        pytest.fail("only a test that is marked django_db has a database", pytrace=False)
    with django_db_blocker.unblock():
        connection.close()
        if not migrated.exists():
            migrated.copy(connection.settings_dict["NAME"])
        migrated.leave_to_others()
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {_quoted(connection.settings_dict['NAME'])} SET synchronous_commit = off")
        connection.close()  # the next one has it
        pristine = Pristine()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _test_case: pristine.restore())
        yield
