"""Which tables and columns of an account go into the return of its data, computed from the data map (§6, §16).

Every declared table is there. Left out are the columns that nobody is shown (hashes, digests), that the database
computes from the others, that name the account itself, and the places of files, which go along as files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import models
from django.utils.functional import Promise

from accounts.models import Account
from cannonworks import datamap
from cannonworks.datamap import Category, Entry
from relations.importing import columns as naming
from relations.models import What
from rights.models import ReturnFile
from rights.returned.words import WORDS

UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
#: Rows of a file: less than a spreadsheet takes, and what a worker that is killed does again at most.
ROWS_OF_FILE = 250_000


@dataclass(frozen=True)
class Column:
    """One column of a table: its field, and its heading in a file for a spreadsheet."""

    field: Any
    label: str | Promise
    personal: bool

    @property
    def name(self) -> str:
        return str(self.field.name)

    @property
    def source(self) -> str:
        return str(self.field.column)


@dataclass(frozen=True)
class Table:
    """One declared model: the columns that the database writes, and those that only the account's key opens."""

    entry: Entry
    columns: tuple[Column, ...]
    sealed: tuple[Column, ...]

    @property
    def model(self) -> type[models.Model]:
        return self.entry.model

    @property
    def category(self) -> Category:
        assert self.entry.category is not None  # noqa: S101  what has none is not returned
        return Category(self.entry.category)

    @property
    def key(self) -> str:
        """The column by which rows are walked through."""
        return str(self.model._meta.pk.column)  # type: ignore[union-attr]

    @property
    def is_numbered(self) -> bool:
        """Whether the key is a number, so that a file can say up to which one it goes."""
        return isinstance(self.model._meta.pk, models.IntegerField)

    def file(self, part: int, kind: str) -> str:
        """ "relations/relation.csv", "relations/relation-2.csv"."""
        more = f"-{part}" if part > 1 else ""
        return f"{self.category.value}/{self.model._meta.model_name}{more}.{kind}"


@cache
def tables() -> tuple[Table, ...]:
    """All tables of a return, those that others point at first; not the files of returns, nor what never goes along."""
    return tuple(
        _table(entry)
        for entry in reversed(datamap.entries())
        if entry.category and entry.model is not ReturnFile and entry.returned != "false"
    )


@cache
def groups() -> tuple[tuple[Table, ...], ...]:
    """The same, with what is part of something (a line of its document) beside it: those are read at one moment."""
    found: list[list[Table]] = []
    for table in tables():
        home = next((group for group in found if _whole(group[0].model) is _whole(table.model)), None)
        if home is None:
            found.append([table])
        else:
            home.append(table)
    return tuple(map(tuple, found))


def with_files() -> list[tuple[Table, models.FileField]]:
    """The tables whose rows have a file that was uploaded."""
    return [(table, field) for table in tables() for field in datamap._files(table.model)]


def owned(table: Table, account: Account) -> models.QuerySet[Any]:
    """The account's rows of a table, without those that do not go along."""
    owner = account.reference if table.entry.by_reference else account.pk
    rows = table.model._default_manager.filter(**{table.entry.account: owner})
    return rows.extra(where=[table.entry.returned]) if table.entry.returned else rows  # noqa: S610  of the data map


def safe(name: str) -> str:
    """A name without anything that a file system or a shell could take for something else."""
    return UNSAFE.sub("_", name).lstrip(".-")[:80] or "_"


def _table(entry: Entry) -> Table:
    headings = _headings(entry.model)
    shown = [field for field in entry.model._meta.local_concrete_fields if _is_returned(entry, field)]
    shown.sort(key=lambda field: list(headings).index(field.name) if field.name in headings else len(headings))
    columns = [Column(field, _label(entry, field.name, headings), field.name in entry.personal) for field in shown]
    sealed = {name for name, said in entry.personal.items() if said.encrypted}
    return Table(
        entry,
        tuple(column for column in columns if column.name not in sealed),
        tuple(column for column in columns if column.name in sealed),
    )


def _label(entry: Entry, name: str, headings: Mapping[str, str | Promise]) -> str | Promise:
    return headings.get(name) or WORDS.get(name) or entry.label(name)


def _is_returned(entry: Entry, field: Any) -> bool:
    said = entry.personal.get(field.name)
    return not (
        (said and said.secret)
        or getattr(field, "generated", False)
        or field.related_model is Account
        or isinstance(field, models.FileField)
    )


def _headings(model: type[models.Model]) -> Mapping[str, str | Promise]:
    """Of people the headings that an import knows."""
    what = next((what for what in What if what.model is model), None)
    return naming.labels(what) if what else {}


def _whole(model: Any) -> Any:
    """What a row of the model is part of in the end: goes when that goes, and is of the same category."""
    category = datamap.entry(model).category
    field: Any
    for field in model._meta.local_concrete_fields:
        if not field.is_relation or field.related_model in (Account, model):
            continue
        other = field.related_model
        if field.remote_field.on_delete is models.CASCADE and other in _declared(category):
            return _whole(other)
    return model


def _declared(category: Category | None) -> set[type[models.Model]]:
    return {entry.model for entry in datamap.entries() if entry.category == category}


def document_name(document: Any) -> str:
    """ "documents/2026-0001", "documents/draft-5f0c…": without its ending."""
    if not document.number:
        return f"documents/draft-{document.reference}"
    name = safe(document.number)
    return f"documents/{name}" if name == document.number else f"documents/{name}-{str(document.reference)[:8]}"


def upload_stem(table: Table, row: Any) -> str:
    """ "requests/files/import-0d9c…": without its ending; nothing that a user typed is in it."""
    return f"{table.category.value}/files/{table.model._meta.model_name}-{getattr(row, 'reference', row.pk)}"
