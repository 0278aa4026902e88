"""The cells of a table in both notations: what the database is asked for, and what makes JSON and CSV of its answers.

COPY gives the cells of a portion as they are, the fastest that PostgreSQL has; its own JSON costs three times as much.
So columns are looked at a portion at a time, never cell by cell: whether anything in one has to be escaped, quoted or
made harmless takes one look over its bytes, and only in a column where something has to are its cells taken in hand.
What a spreadsheet would take for a formula gets an apostrophe in CSV, by the rule of
``relations.importing.columns.neutralise`` (a test holds the two together), and is left as it is in JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext

from cannonworks.downloads import SEPARATOR
from rights.returned.contents import Column

#: What stands between the cells of a row as COPY gives them; in a cell it is escaped, as a backslash and controls are.
UNIT = b"\x1f"
NUMBERS = (models.IntegerField, models.FloatField, models.ForeignKey, models.OneToOneField)
TEXTS = (models.CharField, models.TextField)

#: What a text without any of needs nothing done, in neither notation; controls that COPY leaves as they are among them.
SPECIAL = bytes(range(0x1F)) + b'"\\' + SEPARATOR.encode()
IN_JSON = re.compile(rb'["\\\x00-\x1f]')
IN_CSV = re.compile(rb'["\r\n' + re.escape(SEPARATOR).encode() + b"]")
FORMULA = re.compile(rb"'*[=+\-@\t\r]")
#: A cell that begins with one of these is a formula; one that begins with an apostrophe may be.
FIRST = frozenset((b"=", b"+", b"-", b"@", b"\t", b"\r"))
BEGINS = re.compile(rb"\x1f['=+\-@\t\r]")

#: How COPY writes what would end a cell or a row. The last two stand here for those that it has, see ``split``.
ESCAPED = re.compile(rb"\\(.)")
MEANT = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v", b"B": b"\\", b"U": UNIT}

Cells = list[bytes]
Both = tuple[Cells, Cells]


@dataclass(frozen=True)
class Told:
    """A column of a file: SQL of its cells, what makes those of JSON and CSV of them, and what is around it in JSON."""

    sql: tuple[str, ...]
    both: Callable[..., Both]
    quote: bytes = b""


def split(rows: bytes) -> Cells:
    """The cells of rows as COPY gives them, one row after the other; escaped as they were, in our own way."""
    if b"\\" in rows:
        rows = rows.replace(b"\\\\", b"\\B").replace(b"\\" + UNIT, b"\\U")
    return rows.removesuffix(b"\n").replace(b"\n", UNIT).split(UNIT)


def told(column: Column, *, decimal: str) -> Told:
    """How a column is told, in the language that is active now; ``decimal`` is its sign for decimals."""
    field, source = column.field, f'"{column.source}"'
    if isinstance(field, models.BooleanField):
        return Told((source,), partial(_yes_or_no, gettext("yes").encode(), gettext("no").encode()))
    if isinstance(field, TEXTS) and not field.null:
        return Told((source,), _worded(field) if field.flatchoices else _text, b'"')
    if isinstance(field, models.UUIDField) or type(field) is models.DateField:
        return Told((source,), _or_null) if field.null else Told((source,), _same, b'"')
    if isinstance(field, models.DecimalField):
        return Told((source,), partial(_decimal, decimal.encode()))
    if isinstance(field, NUMBERS):
        return Told((source,), _number)
    shown = source
    if isinstance(field, models.DateTimeField):
        shown = f"to_char({source} AT TIME ZONE 'Europe/Amsterdam', 'YYYY-MM-DD HH24:MI:SS')"
    elif isinstance(field, ArrayField):
        shown = f"array_to_string({source}, ', ')"
    elif isinstance(field, models.GenericIPAddressField):
        shown = f"host({source})"
    return Told((f"to_json({source})", shown), _ready)


def sealed(opened: Callable[[bytes, bytes], str | None], column: Column) -> Told:
    """How an encrypted column is told: ``opened`` gives the text of a row's reference and sealed value in hex."""

    def both(references: Cells, values: Cells) -> Both:
        texts = [opened(reference, value) for reference, value in zip(references, values, strict=True)]
        shown = [(text or "").encode() for text in texts]
        return [json.dumps(text, ensure_ascii=False).encode() for text in texts], _in_csv(shown)

    return Told(('"reference"', f"encode(\"{column.source}\", 'hex')"), both)


# --- Columns ---------------------------------------------------------------------------------------------------------


def _same(cells: Cells) -> Both:
    return cells, cells


def _number(cells: Cells) -> Both:
    return ([cell or b"null" for cell in cells] if b"" in cells else cells), cells


def _decimal(sign: bytes, cells: Cells) -> Both:
    return _number(cells)[0], [cell.replace(b".", sign) for cell in cells]


def _or_null(cells: Cells) -> Both:
    return [b'"%b"' % cell if cell else b"null" for cell in cells] if any(cells) else [b"null"] * len(cells), cells


def _yes_or_no(yes: bytes, no: bytes, cells: Cells) -> Both:
    told, shown = {b"t": b"true", b"f": b"false", b"": b"null"}, {b"t": yes, b"f": no, b"": b""}
    return list(map(told.__getitem__, cells)), list(map(shown.__getitem__, cells))


def _text(cells: Cells) -> Both:
    if not any(cells):
        return cells, cells
    joined = UNIT + UNIT.join(cells)
    if len(joined.translate(None, SPECIAL)) == len(joined):
        return cells, _harmless(cells) if BEGINS.search(joined) else cells
    cells = _unescaped(cells)
    return [_in_json(cell) if IN_JSON.search(cell) else cell for cell in cells], _in_csv(cells)


def _worded(field: Any) -> Callable[[Cells], Both]:
    values = [value for value, _label in field.flatchoices if value]
    labels = _in_csv([str(label).encode() for value, label in field.flatchoices if value])
    words = dict(zip((str(value).encode() for value in values), labels, strict=True))

    def both(cells: Cells) -> Both:
        told, shown = _text(cells)
        return told, list(map(words.get, shown, shown))

    return both


def _ready(told: Cells, shown: Cells) -> Both:
    """Of what the database has put into JSON itself; which is never empty, but where there is nothing."""
    return [cell or b"null" for cell in _unescaped(told)], _in_csv(_unescaped(shown))


def _unescaped(cells: Cells) -> Cells:
    return [ESCAPED.sub(_meant, cell) if b"\\" in cell else cell for cell in cells]


def _meant(found: re.Match[bytes]) -> bytes:
    return MEANT[found[1]]


def _in_json(cell: bytes) -> bytes:
    return json.dumps(cell.decode(), ensure_ascii=False).encode()[1:-1]


def _harmless(cells: Cells) -> Cells:
    return [
        b"'" + cell if (first := cell[:1]) in FIRST or (first == b"'" and FORMULA.match(cell)) else cell
        for cell in cells
    ]  # fmt: skip


def _in_csv(cells: Cells) -> Cells:
    return [
        b'"%b"' % cell.replace(b'"', b'""') if IN_CSV.search(cell) else cell for cell in _harmless(cells)
    ]  # fmt: skip
