"""The test database: as new after every test, in milliseconds also where a test has real transactions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.test import TransactionTestCase


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


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker) -> Iterator[None]:
    """Its commits need not outlive the machine; what a test with real transactions left goes as ``Pristine`` says."""
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {_quoted(connection.settings_dict['NAME'])} SET synchronous_commit = off")
        connection.close()  # the next one has it
        pristine = Pristine()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _test_case: pristine.restore())
        yield
