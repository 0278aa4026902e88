"""Markdown that staff write, as HTML: no markup of others, no pictures of other hosts, no heading above the page's."""

from __future__ import annotations

from functools import cache

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt


@cache
def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "typographer": False}).disable("image")


def to_html(text: str, *, below: int = 2) -> SafeString:
    """``text`` as HTML whose largest headings are ``below`` levels under the first: ``#`` becomes ``<h3>``."""
    tokens = _reader().parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + below, 6)}"
    return mark_safe(_reader().renderer.render(tokens, _reader().options, {}))  # noqa: S308 raw HTML is switched off
