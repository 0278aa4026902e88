"""How staff's pages write what they show: links to rows, words in the colour of their meaning, days and moments."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import cache

from django.db import models
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from cannonworks.datamap import Category
from cannonworks.left import Left


def page_of(row: models.Model) -> str:
    """Address of the page of a row in the administration."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def link(row: models.Model, text: object = None) -> SafeString:
    """A link to the page of a row."""
    return format_html('<a class="text-link" href="{}">{}</a>', page_of(row), row if text is None else text)


def chip(look: str, word: object) -> SafeString:
    """A word in the colour of its meaning: success, warning, danger, info, or plain when empty."""
    before, after = _label(look)
    return format_html("{}{}{}", before, word, after)


@cache
def _label(look: str) -> tuple[SafeString, SafeString]:
    """The library's label before and after its word: drawn once for each look, for a list has fifty on a page."""
    drawn = " ".join(render_to_string("unfold/helpers/label.html", {"type": look, "text": "\0"}).split())
    before, _word, after = drawn.partition("\0")
    return SafeString(before), SafeString(after)


#: Tones of the holder's pages → the looks of the administration.
TONES = {"going": "danger", "lapsed": "warning", "draft": "info"}


def time_chip(left: Left) -> SafeString:
    """What is left of a term in hours, in the colour of how near its end is."""
    return chip(TONES[left.tone], left.words)


def due_chip(left: Left | None) -> str:
    """What is left of a term and its last day, in the colour of how near that is; a dash where no clock runs."""
    return chip(TONES[left.tone], f"{left.words} · {short_day(left.last_day)}") if left else "–"


def day(value: date | None) -> str:
    """A day written out, or a dash."""
    return date_format(value, "j F Y") if value else "–"


def short_day(value: date | None) -> str:
    """A day as it fits in a column, or a dash."""
    return date_format(value, "j N Y") if value else "–"


def moment(value: datetime | None) -> str:
    """A moment in Amsterdam to the second, or a dash."""
    return date_format(timezone.localtime(value), "j F Y H:i:s") if value else "–"


#: Two categories are called after the reader on the holder's pages; staff are other readers.
FOR_STAFF = {Category.ACCOUNT: _("Account, company and users"), Category.BOOKKEEPING: _("Our own books")}


def categories(names: Iterable[str]) -> str:
    """Categories of data by the words that staff use."""
    return words(FOR_STAFF.get(Category(name), Category(name).label) for name in names)


def words(values: Iterable[object]) -> str:
    """Texts with commas between them; a dash when there are none."""
    return ", ".join(map(str, values)) or "–"
