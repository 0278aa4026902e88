"""Taking the archive of a return into a fresh account: its relations, employees and documents (§6, §16).

Every file is held against the manifest before the first row is written. Rows get keys and references of their own, so
the account that they came from may still be there; what points at another row points at its new one. Issued documents
keep their numbers and snapshots, and the series go on after them. Memory holds two numbers for each row, no more.
"""

from __future__ import annotations

import hashlib
import json
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.services import check_writable, data_key, lock
from cannonworks import encryption
from cannonworks.errors import Refused
from finance.models import Document, Line, NumberSeries
from journal import services as journal
from relations.models import Employee, Relation
from rights.returned import contents
from rights.returned.covers import FORMAT

#: Rows of a transaction, and bytes that are read at once; a manifest has a line of some 200 bytes for each file.
PORTION, PIECE, LONGEST_MANIFEST = 1_000, 1 << 20, 1 << 30
#: What is brought back; all else of an archive tells of the account that it came from.
MODELS: tuple[type[models.Model], ...] = (Relation, Employee, NumberSeries, Document, Line)
#: A document is a draft until its lines are there: those of an issued one never change.
WHEN_ISSUED = ("number", "issued_on", "kept_until")
AMONG_DOCUMENTS = ("credits", "from_quote")


class _Keys:
    """The new key of each old one; both only ever grow."""

    def __init__(self) -> None:
        self.old, self.new = array("q"), array("q")

    def add(self, old: int, new: int) -> None:
        self.old.append(old)
        self.new.append(new)

    def __getitem__(self, old: int | None) -> int | None:
        """The new key; None for none, and for a row that is not in the archive."""
        if old is None:
            return None
        place = bisect_left(self.old, old)
        return self.new[place] if place < len(self.old) and self.old[place] == old else None


@dataclass
class _Archive:
    """An archive whose files are what its manifest says."""

    zip: ZipFile
    files: list[Mapping[str, Any]] = field(default_factory=list)

    def rows(self, model: type[models.Model]) -> Iterator[dict[str, Any]]:
        """The rows of a table, by their old key."""
        table = _table(model)
        names = [file["name"] for file in self.files]
        part = 1
        while (name := table.file(part, "jsonl")) in names:
            with self.zip.open(name) as text:
                for line in text:
                    yield json.loads(line, parse_float=Decimal)
            part += 1


def bring_back(account: Account, *, archive: Path) -> dict[str, int]:
    """Take the archive in; return the rows by table. A failure half-way leaves what was written: take a fresh account.

    Refused when the archive is damaged or of another kind, when the account does not run, and when it has any such row.
    """
    try:
        with ZipFile(archive) as opened:
            found = _checked(opened)
            return _bring_back(account, found)
    except (BadZipFile, UnicodeDecodeError, json.JSONDecodeError, KeyError, ValidationError) as error:
        raise _damaged() from error


def _bring_back(account: Account, found: _Archive) -> dict[str, int]:
    _check_fresh(account)
    relations, documents = _Keys(), _Keys()
    counts = {
        "relations": _write(account, Relation, found.rows(Relation), keys=relations),
        "employees": _write(account, Employee, found.rows(Employee)),
        "documents": _write(account, Document, found.rows(Document), keys=documents, relation=relations),
        "lines": _write(account, Line, found.rows(Line), document=documents),
    }
    for rows in _portions(found.rows(Document)):
        _issue(account, rows, documents)
    _write(account, NumberSeries, found.rows(NumberSeries))
    facts: Any = counts
    journal.record("return.brought_back", account=account, clause="6", **facts)
    return counts


@transaction.atomic
def _check_fresh(account: Account) -> None:
    check_writable(lock(account))
    if any(model._default_manager.filter(account=account).exists() for model in MODELS):
        raise Refused("not_empty", _("This account has data already. Bring the archive back into a fresh one."))


def _write(
    account: Account, model: type[models.Model], rows: Iterable[dict[str, Any]], *, keys: _Keys | None = None,
    **pointers: _Keys,
) -> int:  # fmt: skip
    """Write rows of a table; ``pointers`` are its fields that point at rows with these keys."""
    count = 0
    for portion in _portions(rows):
        with transaction.atomic():
            check_writable(lock(account))
            made = [_row(account, model, said, pointers) for said in portion]
            if model is Employee:
                _seal(account, made, portion)
            model._default_manager.bulk_create(made)
        for said, row in zip(portion, made, strict=True):
            if keys is not None:
                keys.add(said["id"], row.pk)
        count += len(made)
    return count


def _row(account: Account, model: type[models.Model], said: Mapping[str, Any], pointers: Mapping[str, _Keys]) -> Any:
    row = model(account=account)
    own = {"id", "reference", *AMONG_DOCUMENTS, *(WHEN_ISSUED if model is Document else ())}
    for column in _table(model).columns:
        if column.name in pointers:
            setattr(row, column.field.attname, pointers[column.name][said[column.name]])
        elif column.name not in own:
            setattr(row, column.name, column.field.to_python(said[column.name]))
    return row


def _seal(account: Account, made: Iterable[Any], portion: Iterable[Mapping[str, Any]]) -> None:
    key, sealed = encryption.cipher(data_key(account)), Employee._meta.get_field("bsn")
    for row, said in zip(made, portion, strict=True):
        if said["bsn"]:
            sealed.seal_value(row, said["bsn"], key=key)  # type: ignore[union-attr]


@transaction.atomic
def _issue(account: Account, portion: list[dict[str, Any]], keys: _Keys) -> None:
    """Give documents their numbers, and what they point at, now that all of them have their lines."""
    check_writable(lock(account))
    rows = Document.objects.in_bulk([keys[said["id"]] for said in portion])
    for said in portion:
        row = rows[keys[said["id"]]]
        for name in WHEN_ISSUED:
            column: Any = Document._meta.get_field(name)
            setattr(row, name, column.to_python(said[name]))
        for name in AMONG_DOCUMENTS:
            setattr(row, f"{name}_id", keys[said[name]])
    Document.objects.bulk_update(rows.values(), [*WHEN_ISSUED, *AMONG_DOCUMENTS])


def _portions(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    left = iter(rows)
    while portion := list(islice(left, PORTION)):
        yield portion


# --- The archive ---------------------------------------------------------------------------------------------------


def _checked(opened: ZipFile) -> _Archive:
    """The archive, every file of it read once and held against the manifest; Refused when one is another."""
    names = set(opened.namelist())
    if "manifest.json" not in names or opened.getinfo("manifest.json").file_size > LONGEST_MANIFEST:
        raise _damaged()
    said = json.loads(opened.read("manifest.json"))
    if said.get("format") != FORMAT:
        raise Refused("other_format", _("This archive is of another version of CannonWorks, or of something else."))
    for file in said["files"]:
        if file["name"] not in names or _sum(opened, file) != file["sha256"]:
            raise _damaged(file["name"])
    return _Archive(opened, said["files"])


def _sum(opened: ZipFile, file: Mapping[str, Any]) -> str:
    found, size = hashlib.sha256(), 0
    with opened.open(file["name"]) as text:
        for piece in iter(partial(text.read, PIECE), b""):
            found.update(piece)
            if (size := size + len(piece)) > file["bytes"]:  # unpacks to more than it says
                return ""
    return found.hexdigest()


def _damaged(name: str = "") -> Refused:
    if name:
        return Refused(
            "damaged", _("%(name)s is not what the manifest says. Download the archive anew.") % {"name": name}
        )
    return Refused("damaged", _("This is no whole archive of a return of data. Download it anew."))


def _table(model: type[models.Model]) -> contents.Table:
    return next(table for table in contents.tables() if table.model is model)
