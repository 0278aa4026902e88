"""All that is kept of an account, by category (§16, §19): how much, which fields, why, until when, who may see it.

Computed from the data map and the schedule, so that a model that somebody adds is on the page by itself. Counting ends
at ``MOST``: a page that says "more than 10,000" costs the same for a million rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from django.db import connection
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.promises import PURPOSES, Going, going_of
from cannonworks import datamap
from cannonworks.datamap import Category, Entry, Personal, Role
from retention.schedule import Fate

MOST = 10_000

VIEWERS: Mapping[str, Promise] = {
    Role.HOLDER: _("You and your colleagues"),
    "main user": _("The main user, after a fresh proof of identity"),
    Role.STAFF: _("Our people, as far as their work needs it"),
    Role.HELPER: _("Companies that work for us"),
}


@dataclass(frozen=True)
class Kept:
    """How many rows of one kind are kept, ``is_more``: and more; ``going``: when they go by themselves."""

    label: str
    number: int
    is_more: bool
    going: Going | None


@dataclass(frozen=True)
class Viewer:
    """Somebody who may see it, and which fields: none named, all of them."""

    who: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Holding:
    """One category of what is kept. ``details`` is the part of the page that says which fields, and who sees them."""

    category: Category
    purpose: str | Promise
    kept: tuple[Kept, ...]
    fields: tuple[str, ...]
    clauses: tuple[str, ...]
    viewers: tuple[Viewer, ...]
    details: str
    fate: Fate | None

    @property
    def number(self) -> int:
        """Rows together, each kind up to ``MOST``."""
        return sum(kept.number for kept in self.kept)

    @property
    def there(self) -> list[Kept]:
        """The kinds of which there is something."""
        return [kept for kept in self.kept if kept.number]


def holdings(account: Account, fates: Sequence[Fate]) -> list[Holding]:
    """What is kept of the account, by category; ``fates`` are those of its schedule. One query, whatever is kept.

    Categories of which we keep nothing at all, of nobody, are left out.
    """
    counts = _count(account, _countable())
    by_category = {fate.category: fate for fate in fates}
    return [_holding(outline, counts, by_category.get(outline.category)) for outline in _outlines(get_language())]


@dataclass(frozen=True)
class _Outline:
    """What is told of a category whoever asks; ``kinds``: word, table and when its rows go, by word."""

    category: Category
    kinds: tuple[tuple[str, str, Going | None], ...]
    fields: tuple[str, ...]
    clauses: tuple[str, ...]
    viewers: tuple[Viewer, ...]

    @cached_property
    def details(self) -> str:
        return render_to_string("retention/_holding_details.html", {"holding": self})


@cache
def _countable() -> tuple[Entry, ...]:
    return tuple(e for e in datamap.entries() if e.category and "SELECT" in e.may.get(Role.HOLDER, ""))


@cache  # data map and rules are those of the code: the same for as long as it runs
def _outlines(_language: str) -> tuple[_Outline, ...]:
    those = {category: [e for e in _countable() if e.category == category] for category in Category}
    return tuple(_outline(category, entries) for category, entries in those.items() if entries)


def _outline(category: Category, entries: Sequence[Entry]) -> _Outline:
    personal = [(entry, name, said) for entry in entries for name, said in entry.told.items()]
    return _Outline(
        category,
        tuple(sorted(((e.word, e.table, going_of(e)) for e in entries), key=lambda kind: kind[0])),
        _unique(_field_label(entry, name) for entry, name, _said in personal),
        _clauses(said for _entry, _name, said in personal),
        tuple(_viewers(personal)),
    )


def _holding(outline: _Outline, counts: Mapping[str, int], fate: Fate | None) -> Holding:
    kept = (Kept(word, min(counts[table], MOST), counts[table] > MOST, going) for word, table, going in outline.kinds)
    category, said = outline.category, (outline.fields, outline.clauses, outline.viewers, outline.details)
    return Holding(category, PURPOSES[category], tuple(kept), *said, fate)


def _count(account: Account, entries: Sequence[Entry]) -> dict[str, int]:
    """Rows of each table, no further than one more than ``MOST``, all in one statement."""
    parts, params = [], []
    for entry in entries:
        parts.append(
            f"SELECT '{entry.table}', count(*) FROM (SELECT FROM \"{entry.table}\""
            f" WHERE {entry.belonging('= %s')} LIMIT %s) AS found"
        )
        params += [account.reference if entry.by_reference else account.pk, MOST + 1]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), params)
        return dict(cursor.fetchall())


def _field_label(entry: Entry, name: str) -> str:
    return capfirst(str(entry.label(name)))


def _clauses(said: Iterable[Personal]) -> tuple[str, ...]:
    """Numbers of the agreement's clauses, without its sub-headings."""
    return tuple(sorted({personal.clause.partition(" ")[0] for personal in said}, key=float)) or ("5",)


def _viewers(personal: Sequence[tuple[Entry, str, Personal]]) -> Iterable[Viewer]:
    if not personal:
        yield Viewer(str(VIEWERS[Role.HOLDER]), ())
        return
    viewers = [(entry, name, entry.seen_by(name)) for entry, name, _said in personal]
    for who, word in VIEWERS.items():
        seen = [(entry, name) for entry, name, those in viewers if who in those]
        if not seen:
            continue
        is_few = who in (Role.HELPER, "main user")
        yield Viewer(str(word), _unique(_field_label(entry, name) for entry, name in seen) if is_few else ())


def _unique(labels: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(labels))
