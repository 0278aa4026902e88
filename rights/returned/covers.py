"""The covers of a return of data: a manifest for programs, and a page for people that explains every field (§6)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Min
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.functional import Promise

from cannonworks import rules
from cannonworks.datamap import Category
from rights.models import DataReturn, ReturnFile
from rights.returned import contents
from rights.returned.contents import Table

FORMAT = 1
#: PDFs and uploads that the page links to; a page with more is slow to open, and the folder has them all.
MOST_LINKS = 500


@dataclass
class Part:
    """A table on the page: its files and its columns."""

    table: Table
    files: list[ReturnFile] = field(default_factory=list)

    @property
    def title(self) -> str:
        return self.table.entry.word

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files if file.name.endswith(".csv"))

    @property
    def columns(self) -> list[Any]:
        return [*self.table.columns, *self.table.sealed]


@dataclass
class Chapter:
    """A category on the page."""

    category: Category
    parts: list[Part] = field(default_factory=list)
    loose: list[ReturnFile] = field(default_factory=list)
    more: int = 0

    @property
    def title(self) -> str | Promise:
        return self.category.label


def manifest(found: DataReturn) -> Iterator[bytes]:
    """JSON in pieces: what this is, and of every other file its rows, bytes and SHA-256."""
    files = ReturnFile.objects.filter(of=found)
    said = {
        "format": FORMAT,
        "account": str(found.account.reference),
        "return": str(found.reference),
        "asked_at": found.asked_at,
        "read_from": files.aggregate(first=Min("read_at"))["first"],
        "language": found.language,
        "rules": rules.digest(),
    }
    lines = (f"{json.dumps(name)}: {json.dumps(value, default=_iso)}" for name, value in said.items())
    yield ("{\n" + ",\n".join(lines) + ',\n"files": [').encode()
    separator = "\n"
    for file in files.order_by("pk").iterator(chunk_size=1_000):
        line = {
            "name": file.name, "rows": file.rows, "bytes": file.size, "sha256": file.digest, "read_at": file.read_at
        }  # fmt: skip
        yield (separator + json.dumps(line, default=_iso)).encode()
        separator = ",\n"
    yield b"\n]}\n"


def index(found: DataReturn) -> Iterator[bytes]:
    """The page to read, in the language of the return."""
    with translation.override(found.language):
        shown = {
            "found": found,
            "chapters": _chapters(found),
            "language": found.language,
            "company": found.account.company,
        }
        yield render_to_string("rights/returned/index.html", shown).encode()


def _chapters(found: DataReturn) -> list[Chapter]:
    chapters = {category: Chapter(category) for category in Category}
    parts = {table.file(1, ""): Part(table) for table in contents.tables()}
    for part in parts.values():
        chapters[part.table.category].parts.append(part)
    loose: dict[str, int] = defaultdict(int)
    for file in ReturnFile.objects.filter(of=found).order_by("pk").iterator(chunk_size=1_000):
        folder, _slash, name = file.name.partition("/")
        stem = f"{folder}/{name.partition('.')[0].partition('-')[0]}."
        if stem in parts and "/" not in name and name.endswith((".csv", ".jsonl")):
            parts[stem].files.append(file)
        elif name:
            loose[folder] += 1
            chapter = chapters[Category(folder)]
            if loose[folder] <= MOST_LINKS:
                chapter.loose.append(file)
            chapter.more = max(0, loose[folder] - MOST_LINKS)
    return list(chapters.values())


def _iso(value: Any) -> str:
    return str(value.isoformat())
