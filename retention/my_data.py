"""All that is kept of an account, by category (§16, §19): how much, which fields, why, until when, who may see it.

Computed from the data map and the schedule, so that a model that somebody adds is on the page by itself. Counting ends
at ``MOST``: a page that says "more than 10,000" costs the same for a million rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection
from django.utils.functional import Promise
from django.utils.text import capfirst
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
    """One category of what is kept."""

    category: Category
    purpose: str | Promise
    kept: tuple[Kept, ...]
    fields: tuple[str, ...]
    clauses: tuple[str, ...]
    viewers: tuple[Viewer, ...]
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
    entries = [entry for entry in datamap.entries() if entry.category and "SELECT" in entry.may.get(Role.HOLDER, "")]
    counts = _count(account, entries)
    by_category = {fate.category: fate for fate in fates}
    found = []
    for category in Category:
        those = [entry for entry in entries if entry.category == category]
        if those:
            found.append(_holding(category, those, counts, by_category.get(category)))
    return found


def _holding(category: Category, entries: Sequence[Entry], counts: Mapping[str, int], fate: Fate | None) -> Holding:
    personal = [(entry, name, said) for entry in entries for name, said in entry.personal.items()]
    return Holding(
        category,
        PURPOSES[category],
        tuple(sorted((_kept(entry, counts[entry.table]) for entry in entries), key=lambda kept: kept.label)),
        _unique(_field_label(entry, name) for entry, name, _said in personal),
        _clauses(said for _entry, _name, said in personal),
        tuple(_viewers(personal)),
        fate,
    )


def _kept(entry: Entry, count: int) -> Kept:
    return Kept(entry.word, min(count, MOST), count > MOST, going_of(entry))


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
