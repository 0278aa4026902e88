from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from board.running import written

register = template.Library()

#: A cell of a line; on a phone its header stands above it.
CELL = (
    '<td class="align-middle border-t border-base-200 first:border-t-0 flex flex-col font-normal gap-1 min-w-0 px-3'
    ' py-1.5 text-left lg:table-cell dark:border-base-800"><span class="font-semibold text-important lg:hidden">{}'
    "</span>{}</td>"
)


@register.filter
def cells(line: Iterable[object], headers: Iterable[object]) -> SafeString:
    """The cells of a line of clocks: here and not in the template, for there are three hundred on a page."""
    return format_html_join("", CELL, zip(headers, line, strict=True))


@register.filter
def in_full(at: datetime) -> str:
    """The moment at which a term ends, in full: one at midnight is the end of a day."""
    return written(at)
