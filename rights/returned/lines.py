"""The lines of a return, written by the database: JSON for programs and CSV for a spreadsheet, a portion at a time.

One cursor gives both lines of each row, so nothing is done here for a value, and both tell of the same moment. The
database is slow at JSON: to_json asks for the type of each value anew. So it asks once whether
anything in the texts of a row wants escaping or quoting at all; of nearly all rows nothing does, and their line is put
together as it is. What a spreadsheet would take for a formula gets an apostrophe in CSV, by the rule of
``relations.importing.columns.neutralise`` (a test holds the two together), and is left as it is in JSON.

Columns that are encrypted come last; they are opened here and are never told to the database.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any

import psycopg
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import translation
from django.utils.translation import gettext

from accounts.models import Account
from cannonworks import encryption
from cannonworks.downloads import BOM, SEPARATOR, written
from relations.importing import columns as naming
from rights.returned.contents import Column, Table

#: Rows that are fetched at once.
PORTION = 1_000
NUMBERS = (models.IntegerField, models.FloatField, models.ForeignKey, models.OneToOneField)
TEXTS = (models.CharField, models.TextField)


@dataclass(frozen=True)
class Portion:
    """Rows of a table in both notations, and the key of the last one."""

    rows: int
    last: Any
    json: bytes
    csv: bytes


@dataclass(frozen=True)
class Opener:
    """What opens the encrypted columns of an account."""

    account: Account
    key: Any


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
    owner = opener.account.reference if table.entry.by_reference else opener.account.pk
    with translation.override(language):
        statement = _statement(table, decimal=_decimal(), behind=after is not None)
    connection.ensure_connection()
    with psycopg.Cursor(connection.connection) as cursor:  # which, unlike Django's, gets values as they are
        place = [owner, *([] if after is None else [after]), most]
        rows = cursor.stream(statement, place, binary=True, size=PORTION)
        # The database goes on with the next rows while these are looked at; a client that is slow holds it back.
        while found := list(islice(rows, PORTION)):
            keys, *texts = zip(*found, strict=True)
            json_lines, csv_lines = _opened(table, opener, *texts) if table.sealed else texts
            yield Portion(len(found), keys[-1], "".join(json_lines).encode(), "".join(csv_lines).encode())


def _opened(
    table: Table, opener: Opener, jsons: Any, csvs: Any, references: Any, *sealed: Any
) -> tuple[list[str], list[str]]:
    account, table_name = str(opener.account.reference), table.entry.table
    json_lines, csv_lines = [], []
    for n, (line, cells, reference) in enumerate(zip(jsons, csvs, references, strict=True)):
        said, shown = [], []
        for column, values in zip(table.sealed, sealed, strict=True):
            text = None
            if values[n] is not None:
                place = {"column": f"{table_name}.{column.source}", "row": str(reference), "account": account}
                text = encryption.unseal(values[n], key=opener.key, **place)
            said.append(f',"{column.name}":{json.dumps(text, ensure_ascii=False)}')
            shown.append(naming.neutralise(text or ""))
        json_lines.append(f"{line[:-2]}{''.join(said)}}}\n")
        csv_lines.append(f"{cells[:-1]}{SEPARATOR}{written([shown]).rstrip()}\n")
    return json_lines, csv_lines


# --- The statement -------------------------------------------------------------------------------------------------


def _statement(table: Table, *, decimal: str, behind: bool) -> str:
    own, key = f'"{table.entry.table}"', f'"{table.key}"'
    names = [f'"{column.source}"' for column in table.columns]
    texts = [f'"{column.source}"' for column in table.columns if _is_free_text(column)]
    json_line = f"{_switch(_json_ready(table), _json_any(table))} AS json_line"
    ready, wanting = (_csv(table, decimal, quoted=quoted) for quoted in (False, True))
    csv_line = f"{_switch(ready, wanting)} AS csv_line"
    beside = ['"reference"', *(f'"{column.source}"' for column in table.sealed)] if table.sealed else []
    inner = ", ".join(dict.fromkeys(f"{own}.{name}" for name in (key, *names, *beside)))
    shown = ", ".join([key, json_line, csv_line, *beside])
    more = f" AND {own}.{key} > %s" if behind else ""
    statement = (
        f'SELECT {shown} FROM (SELECT *, {_wants()} AS "wants" FROM (SELECT {inner},'
        f' concat({", ".join(texts) or "NULL"}) AS "all texts" FROM {own} WHERE @OWNER@{more}'
        f" ORDER BY {_order(table)} LIMIT %s::bigint) AS chosen OFFSET 0) AS looked"
    )
    # Signs of per cent are of texts, but for those that stand for a value.
    escaped = statement.replace("%s", "@VALUE@").replace("%", "%%").replace("@VALUE@", "%s")
    return escaped.replace("@OWNER@", table.entry.belonging("= %s"))


def _order(table: Table) -> str:
    """By the key; where an index has the account with what repeats the key for lists, by that."""
    if any(field.name == "sort_newest" for field in table.model._meta.local_concrete_fields):
        return f'"{table.entry.table}"."sort_newest" DESC'
    return f'"{table.entry.table}"."{table.key}"'


def _switch(ready: str, wanting: str) -> str:
    return f'CASE WHEN "wants" THEN {wanting} ELSE {ready} END'


def _wants() -> str:
    """Whether anything in the texts of the row has to be escaped in JSON, or quoted in CSV."""
    return f"""(octet_length(to_json("all texts")::text) <> octet_length("all texts") + 2
        OR strpos("all texts", '{SEPARATOR}') > 0)"""


def _is_free_text(column: Column) -> bool:
    return isinstance(column.field, TEXTS)


def _json_any(table: Table) -> str:
    said = ", ".join(f'"{column.source}" AS "{column.name}"' for column in table.columns)
    return f"row_to_json((SELECT told FROM (SELECT {said}) AS told))::text || E'\\n'"


def _json_ready(table: Table) -> str:
    parts: list[str | _Told] = []
    for n, column in enumerate(table.columns):
        parts += ["," if n else "{", f'"{column.name}":', *_json_value(column)]
    return _joined([*parts, "}\n"])


def _json_value(column: Column) -> list[str | _Told]:
    field, source = column.field, f'"{column.source}"'
    if isinstance(field, (*TEXTS, models.UUIDField, models.DateField)) and not isinstance(field, models.DateTimeField):
        return [_Told(f"coalesce('\"' || {source} || '\"', 'null')")] if field.null else ['"', _Told(source), '"']
    if isinstance(field, (models.BooleanField, models.DecimalField, *NUMBERS)):
        value = f"{source}::text"
    else:
        value = f"to_json({source})::text"
    return [_Told(f"coalesce({value}, 'null')" if field.null else value)]


class _Told(str):
    """SQL of a piece of a line, among pieces that are the same in every line."""


def _joined(parts: list[str | _Told]) -> str:
    """SQL of these pieces one after the other; each piece fewer is time."""
    said: list[str] = []
    for told, run in groupby(parts, key=lambda part: isinstance(part, _Told)):
        pieces = list(run)
        said += pieces if told else [f"E{_literal(''.join(pieces).replace(chr(92), chr(92) * 2))}"]
    return " || ".join(said).replace("\n", "\\n")


def _csv(table: Table, decimal: str, *, quoted: bool) -> str:
    parts: list[str | _Told] = []
    for column in table.columns:
        parts += [_Told(_cell(column, decimal, quoted=quoted)), SEPARATOR]
    return _joined([*parts[:-1], "\n"])


def _cell(column: Column, decimal: str, *, quoted: bool) -> str:
    """SQL of a cell, which is never NULL; ``quoted``: of a row in which something has to be."""
    field, source = column.field, f'"{column.source}"'
    if isinstance(field, models.BooleanField):
        yes, no = (_literal(gettext(word)) for word in ("yes", "no"))
        value = f"CASE WHEN {source} THEN {yes} WHEN NOT {source} THEN {no} END"
    elif getattr(field, "flatchoices", None) and not isinstance(field, models.IntegerField):
        words = " ".join(f"WHEN {_literal(value)} THEN {_word(label)}" for value, label in field.flatchoices if value)
        value = f"CASE {source} {words} ELSE {_text(source, quoted=quoted)} END"
    elif isinstance(field, models.DecimalField):
        value = f"replace({source}::text, '.', '{decimal}')"
    elif isinstance(field, models.DateTimeField):
        value = f"to_char({source} AT TIME ZONE 'Europe/Amsterdam', 'YYYY-MM-DD HH24:MI:SS')"
    elif isinstance(field, ArrayField):
        value = _text(f"array_to_string({source}, ', ')", quoted=True)
    elif isinstance(field, models.GenericIPAddressField):
        value = f"host({source})"
    elif isinstance(field, TEXTS):
        value = _text(source, quoted=quoted)
    elif isinstance(field, models.JSONField):
        value = _text(f"{source}::text", quoted=True)
    else:
        value = f"{source}::text"
    return f"coalesce({value}, '')" if field.null else value


def _text(source: str, *, quoted: bool) -> str:
    """SQL of a text that no spreadsheet takes for a formula, in quotation marks where that is wanted."""
    formula = f"(ascii({source}) IN (9, 13, 43, 45, 61, 64) OR ascii({source}) = 39 AND {source} ~ E'^''+[=+@\\t\\r-]')"
    if not quoted:
        return f"CASE WHEN {formula} THEN '''' || {source} ELSE {source} END"
    marked = f"replace({source}, '\"', '\"\"') || '\"'"
    return f"CASE WHEN {source} = '' THEN '' WHEN {formula} THEN '\"''' || {marked} ELSE '\"' || {marked} END"


def _word(label: Any) -> str:
    return _literal(written([[naming.neutralise(str(label))]]).rstrip("\r\n"))


def _literal(text: Any) -> str:
    return "'" + str(text).replace("'", "''") + "'"


def _decimal() -> str:
    return "," if translation.get_language() == "nl" else "."
