"""Long texts: Markdown as safe HTML, and two of them compared word by word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import NamedTuple

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

#: No HTML of the writer comes through, and no address but http(s) and mailto; the page's own heading stays the first.
MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
#: Below this likeness a paragraph is not a changed one but another one.
ALIKE = 0.5


class Block(NamedTuple):
    """A paragraph, heading, item or cell as plain words; ``kind`` is ``h``, ``p``, ``li`` or ``td``."""

    kind: str
    text: str


class Piece(NamedTuple):
    """Words that stayed (``same``), went (``gone``) or came (``new``)."""

    kind: str
    text: str


@dataclass(frozen=True)
class Change:
    """A block that is not what it was, in pieces."""

    kind: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Section:
    """The changes below one heading of the newer text; "" before the first one."""

    heading: str
    changes: tuple[Change, ...]


def html_of(markdown: str, *, ids: str = "", top: int = 2) -> SafeString:
    """Return the Markdown as HTML, to stand in ``.prose``: what is HTML in it is shown as it was typed.

    ``top`` is the highest level that a heading in it may have; the page's own are above. With ``ids`` each heading gets
    an id, so that ``contents`` can point at it: ``ids``-1, ``ids``-2, …
    """
    tokens = MARKDOWN.parse(markdown)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{max(int(token.tag[1]), top)}"
    for number, token in enumerate(_headings(tokens) if ids else (), 1):
        token.attrSet("id", f"{ids}-{number}")
    return mark_safe(MARKDOWN.renderer.render(tokens, MARKDOWN.options, {}))  # noqa: S308  HTML is off, see MARKDOWN


def contents(markdown: str, *, ids: str) -> list[tuple[str, str]]:
    """The headings of the text with the ids that ``html_of`` gives them."""
    tokens = MARKDOWN.parse(markdown)
    words = [_words(tokens[tokens.index(heading) + 1]) for heading in _headings(tokens)]
    return [(f"{ids}-{number}", text) for number, text in enumerate(words, 1)]


def blocks(markdown: str) -> list[Block]:
    """The text as plain words, block by block; marks of Markdown are left out."""
    found, within = [], ["p"]
    for token in MARKDOWN.parse(markdown):
        if token.nesting > 0:
            within.append(_kind(token, within[-1]))
        elif token.nesting < 0:
            within.pop()
        elif token.type == "inline":
            found.append(Block(within[-1], _words(token)))
        elif token.type in ("fence", "code_block"):
            found.append(Block("p", token.content.strip()))
    return [block for block in found if block.text]


def differences(old: str, new: str) -> list[Section]:
    """What changed from ``old`` to ``new`` (Markdown), by heading of the newer text, word by word."""
    sections: list[tuple[str, list[Change]]] = [("", [])]
    for before, after in _aligned(blocks(old), blocks(new)):
        if after and after.kind == "h":
            sections.append((after.text, []))
        if before != after:
            sections[-1][1].append(_change(before, after))
    return [Section(heading, tuple(changes)) for heading, changes in sections if changes]


def word_by_word(old: str, new: str) -> tuple[Piece, ...]:
    """The newer text in pieces, with what went of the older one between them; white space is one space."""
    before, after = old.split(), new.split()
    pieces = []
    for what, i, until_i, j, until_j in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what == "equal":
            pieces.append(Piece("same", " ".join(before[i:until_i])))
            continue
        pieces += [Piece("gone", " ".join(before[i:until_i]))] if until_i > i else []
        pieces += [Piece("new", " ".join(after[j:until_j]))] if until_j > j else []
    return tuple(pieces)


def _headings(tokens: Sequence[Token]) -> list[Token]:
    return [token for token in tokens if token.type == "heading_open" and token.tag in ("h1", "h2")]


def _kind(token: Token, outer: str) -> str:
    kinds = {"heading_open": "h", "list_item_open": "li", "td_open": "td", "th_open": "td"}
    return kinds.get(token.type, outer)


def _words(token: Token) -> str:
    said = "".join(child.content or (" " if "break" in child.type else "") for child in token.children or ())
    return " ".join(said.split())


def _aligned(old: Sequence[Block], new: Sequence[Block]) -> Iterator[tuple[Block | None, Block | None]]:
    """Blocks of both side by side, in the order of the newer text."""
    for what, i, until_i, j, until_j in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            yield from zip(old[i:until_i], new[j:until_j], strict=True)
        else:
            yield from _paired(old[i:until_i], new[j:until_j])


def _paired(old: Sequence[Block], new: Sequence[Block]) -> Iterator[tuple[Block | None, Block | None]]:
    """Each old block with the next new one that is like it; the others by themselves."""
    taken = 0
    for block in old:
        like = next((k for k in range(taken, len(new)) if _alike(block, new[k])), None)
        if like is None:
            yield block, None
            continue
        yield from ((None, each) for each in new[taken:like])
        yield block, new[like]
        taken = like + 1
    yield from ((None, each) for each in new[taken:])


def _alike(one: Block, other: Block) -> bool:
    words = SequenceMatcher(None, one.text.split(), other.text.split(), autojunk=False)
    return one.kind == other.kind and words.ratio() >= ALIKE


def _change(before: Block | None, after: Block | None) -> Change:
    if before is None or after is None:
        block = before or after
        assert block is not None  # noqa: S101  one of the two is there
        return Change(block.kind, (Piece("gone" if before else "new", block.text),))
    return Change(after.kind, word_by_word(before.text, after.text))
