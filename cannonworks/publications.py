"""Texts for everybody that are made of data: one account of what they say, drawn as a page and as a PDF."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from django.urls import reverse

from cannonworks.documents import render

TEMPLATE = Path(__file__).parent / "documents" / "paper.typ"


@dataclass(frozen=True)
class Words:
    """A paragraph; ``page`` is the URL name of a page of ours that it leads to."""

    kind: ClassVar[str] = "words"
    text: str
    page: str = ""
    page_words: str = ""


@dataclass(frozen=True)
class Points:
    """A list of short sentences."""

    kind: ClassVar[str] = "points"
    items: tuple[str, ...]


@dataclass(frozen=True)
class Pairs:
    """Words with what they stand for; those that stand for nothing are left out."""

    kind: ClassVar[str] = "pairs"
    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Grid:
    """A table; ``caption`` is heard by who does not see it."""

    kind: ClassVar[str] = "grid"
    caption: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def labelled(self) -> list[list[tuple[str, str]]]:
        """Cells with the header above them: on a phone each row is a card."""
        return [list(zip(self.headers, row, strict=True)) for row in self.rows]


Block = Words | Points | Pairs | Grid


@dataclass(frozen=True)
class Chapter:
    """A part with a heading; ``key`` is its id in the page. ``is_card``: one of several alike, below the last other."""

    key: str
    title: str
    blocks: tuple[Block, ...]
    is_card: bool = False


@dataclass(frozen=True)
class Paper:
    """The whole text in one language, as it is on a day."""

    title: str
    lead: str
    on: date
    language: str
    chapters: tuple[Chapter, ...]
    made: str = ""

    def as_data(self) -> dict[str, Any]:
        """The same as plain JSON."""
        return {
            "title": self.title,
            "lead": self.lead,
            "on": self.on.isoformat(),
            "language": self.language,
            "made": self.made,
            "chapters": [
                {"title": each.title, "card": each.is_card, "blocks": [_plain(block) for block in each.blocks]}
                for each in self.chapters
            ],
        }


def pairs(*items: tuple[object, object]) -> Pairs:
    """Pairs of a word and its value, without those that have none."""
    return Pairs(tuple((str(word), str(value)) for word, value in items if value))


def grid(caption: object, headers: Iterable[object], rows: Iterable[Sequence[object]]) -> Grid:
    """A table of whatever has a text."""
    return Grid(str(caption), tuple(map(str, headers)), tuple(tuple(map(str, row)) for row in rows))


def pdf_of(paper: Paper) -> bytes:
    """The paper as PDF/A; the same bytes for the same text, drawn once."""
    return _drawn(json.dumps(paper.as_data(), sort_keys=True))


@lru_cache(maxsize=16)  # a handful of texts, asked for by anybody
def _drawn(data: str) -> bytes:
    return render(TEMPLATE, json.loads(data))


def _plain(block: Block) -> dict[str, Any]:
    if isinstance(block, Words):
        address = f" {settings.SITE_URL}{reverse(block.page)}" if block.page else ""  # paper has nothing to click
        return {"kind": block.kind, "text": block.text + address}
    if isinstance(block, Grid):
        rows = [list(row) for row in block.rows]
        return {"kind": block.kind, "headers": list(block.headers), "rows": rows}
    return {"kind": block.kind, "items": [list(item) if isinstance(item, tuple) else item for item in block.items]}
