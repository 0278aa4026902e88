"""The lines of a return: JSON for programs and CSV for a spreadsheet, a portion at a time.

One COPY gives the cells of both lines of each row, so both tell of the same moment; see ``rights.returned.cells``. Of a
portion the lines are put together at once: what is the same in every line is laid out for all of them, and the columns
in between.

Columns that are encrypted come last; they are opened here and are never told to the database.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg
from django.utils import translation
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn
from psycopg.waiting import Ready, Wait

from accounts.models import Account
from cannonworks import encryption
from cannonworks.downloads import BOM, SEPARATOR, written
from relations.importing import columns as naming
from rights.returned import cells
from rights.returned.cells import Cells, Told
from rights.returned.contents import Column, Table

#: A portion has so many rows at most, and is full with so many bytes: as much as a core has at hand while it works.
ROWS, BYTES = 250, 128 * 1024


@dataclass(frozen=True)
class Portion:
    """Rows of a table in both notations, and the key of the last one where keys are numbers."""

    rows: int
    last: int | None
    json: bytes
    csv: bytes


@dataclass(frozen=True)
class Opener:
    """What opens the encrypted columns of an account."""

    account: Account
    key: Any

    def told(self, table: Table, column: Column) -> Told:
        """How an encrypted column of a table is told."""
        place = {"column": f"{table.entry.table}.{column.source}", "account": str(self.account.reference)}
        return cells.sealed(partial(self._opened, place), column)

    def _opened(self, place: dict[str, str], reference: bytes, value: bytes) -> str | None:
        if not value:
            return None
        return encryption.unseal(bytes.fromhex(value.decode()), key=self.key, row=reference.decode(), **place)


def head(table: Table, language: str) -> bytes:
    """The first line of a CSV file: the headings in this language."""
    with translation.override(language):
        labels = [str(column.label) for column in (*table.columns, *table.sealed)]
    return (BOM + written([[naming.neutralise(label) for label in labels]])).encode()


def portions(
    connection: Any, table: Table, opener: Opener, *, language: str, after: int | None = None,
    most: int | None = None,
) -> Iterator[Portion]:  # fmt: skip
    """The rows of the account behind the key ``after``, by their key, at most so many; as they are at one moment.

    ``connection`` is in a transaction, in which nothing else is read before these are.
    """
    with translation.override(language):
        decimal = "," if translation.get_language() == "nl" else "."
        told = [cells.told(column, decimal=decimal) for column in table.columns]
    told += [opener.told(table, column) for column in table.sealed]
    sheet = _Sheet([column.name for column in (*table.columns, *table.sealed)], told)
    owner = opener.account.reference if table.entry.by_reference else opener.account.pk
    place = [owner, *([] if after is None else [after]), most]
    statement = _statement(table, told, behind=after is not None)
    for rows, text in _read(connection, statement, place):
        found = cells.split(text)
        last = int(found[-sheet.width]) if table.is_numbered else None
        yield Portion(rows, last, *sheet.lines(found, rows))


# --- Putting together ------------------------------------------------------------------------------------------------


class _Sheet:
    """The two files of a table: where the cells of each column are, and what stands between them in a line."""

    def __init__(self, names: list[str], told: list[Told]) -> None:
        self.told, self.width = told, 1 + sum(len(column.sql) for column in told)
        marks = [f'"{name}":'.encode() + column.quote for name, column in zip(names, told, strict=True)]
        self.begin, self.end = b"{" + marks[0], told[-1].quote + b"}\n"
        self.frame = [self.end + self.begin, b""]
        for before, mark in zip(told, marks[1:], strict=False):
            self.frame += [before.quote + b"," + mark, b""]

    def lines(self, found: Cells, rows: int) -> tuple[bytes, bytes]:
        """Both notations of so many rows with these cells: the key, and those of every column."""
        json, csv, place = self.frame * rows, [], 1
        for n, column in enumerate(self.told):
            taken = [found[place + m :: self.width] for m in range(len(column.sql))]
            json[2 * n + 1 :: len(self.frame)], shown = column.both(*taken)
            csv.append(shown)
            place += len(taken)
        json[0] = self.begin
        json.append(self.end)
        return b"".join(json), _in_rows(csv, rows)


def _in_rows(columns: list[Cells], rows: int) -> bytes:
    """Rows of CSV, of two columns at least: a row's last cell, the end of its line and the next first cell are one."""
    first, *between, last = columns
    step = len(columns) - 1
    cells = [b""] * (step * rows + 1)
    for n, column in enumerate(between, 1):
        cells[n::step] = column
    cells[::step] = [first[0], *map(b"\n".join, zip(last, [*first[1:], b""], strict=True))]
    return SEPARATOR.encode().join(cells)


# --- Reading ---------------------------------------------------------------------------------------------------------


def _read(connection: Any, statement: str, place: list[Any]) -> Iterator[tuple[int, bytes]]:
    """Rows as COPY gives them, by portions: how many, and their text.

    Straight from the library: a row of psycopg's own takes five calls of Python. The database goes on with the next
    rows while these are looked at; a client that is slow holds it back.
    """
    connection.ensure_connection()
    cursor = psycopg.Cursor(connection.connection)
    with connection.wrap_database_errors, cursor, cursor.copy(statement, place):
        rows: list[bytes] = []
        pgconn, size = connection.connection.pgconn, 0
        fetch, add = pgconn.get_copy_data, rows.append  # asked for a million times
        while (length := (found := fetch(1))[0]) >= 0:
            if not length:
                connection.connection.wait(_arrival(pgconn))
                continue
            add(found[1])
            size += length
            if size >= BYTES or len(rows) == ROWS:
                yield len(rows), b"".join(rows)
                rows.clear()
                size = 0
        _end(pgconn)
        if rows:
            yield len(rows), b"".join(rows)


def _end(pgconn: PGconn) -> None:
    while (result := pgconn.get_result()) is not None:
        if result.status != ExecStatus.COMMAND_OK:
            raise psycopg.errors.error_from_result(result)


def _arrival(pgconn: PGconn) -> Generator[Wait, Ready, None]:
    while not (yield Wait.R):
        pass
    pgconn.consume_input()


def _statement(table: Table, told: list[Told], *, behind: bool) -> str:
    own, key = f'"{table.entry.table}"', f'"{table.key}"'
    shown = ", ".join([key, *(cell for column in told for cell in column.sql)])
    order, more = _order(table)
    known = f" AND ({table.entry.returned})" if table.entry.returned else ""
    rows = f"SELECT {shown} FROM {own} WHERE @OWNER@{known}{more if behind else ''} ORDER BY {order} LIMIT %s::bigint"
    statement = f"COPY ({rows}) TO STDOUT (DELIMITER E'\\x1f', NULL '')"
    return statement.replace("@OWNER@", table.entry.belonging("= %s"))


def _order(table: Table) -> tuple[str, str]:
    """By the key, and what is behind one; by what repeats the key for lists, where an index has that with the account.

    Its index is entered at that place; by the key alone a later file would walk past all rows of those before it.
    """
    own = f'"{table.entry.table}"'
    if any(field.name == "sort_newest" for field in table.model._meta.local_concrete_fields):
        return f'{own}."sort_newest" DESC', f' AND {own}."sort_newest" < - %s::bigint'
    return f'{own}."{table.key}"', f' AND {own}."{table.key}" > %s'
