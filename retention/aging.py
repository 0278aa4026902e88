"""Rows that go by themselves while the account lives, once their own term is over: raw events of usage (§17).

The other way out beside the erasure of an account, under the same safety: the kill switch and rules that wait for
approval stop it, and a hold on the category keeps what it keeps.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from cannonworks import datamap, rules
from cannonworks.datamap import Entry
from cannonworks.deadlines import start_of_day
from retention import sweep
from retention.models import Hold

#: Rows that one transaction deletes.
PORTION = 10_000


def let_age(*, on: date, at: datetime) -> int:
    """Delete every row whose own term is over on ``on``, in portions; return how many rows. May run twice at once."""
    if sweep.why_stopped(at):
        return 0
    return sum(_delete(entry, before=over_before(entry, on)) for entry in aging())


def aging() -> Iterator[Entry]:
    """Declared models with a term of their own."""
    return (entry for entry in datamap.entries() if entry.ages_from)


def over_before(entry: Entry, on: date) -> datetime:
    """The moment before which rows of ``entry`` are over on ``on``."""
    term = rules.AGES[entry.model._meta.label]
    return start_of_day(term.over_on(on) + timedelta(days=1))


def left_over(entry: Entry, on: date) -> bool:
    """Whether a row is there, and not held, that was over on ``on`` already; one index probe where there is none."""
    where, params = _over(entry, over_before(entry, on))
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT EXISTS (SELECT 1 FROM "{entry.table}" WHERE {where})', params)
        return bool(cursor.fetchone()[0])


def _delete(entry: Entry, *, before: datetime) -> int:
    where, params = _over(entry, before)
    deleted = PORTION
    total = 0
    while deleted == PORTION:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f'DELETE FROM "{entry.table}" WHERE ctid = ANY(ARRAY('
                f'SELECT ctid FROM "{entry.table}" WHERE {where} LIMIT {PORTION} FOR UPDATE SKIP LOCKED))',
                params,
            )
            deleted = cursor.rowcount
        total += deleted
    return total


def _over(entry: Entry, before: datetime) -> tuple[str, list[Any]]:
    """SQL of the rows that are over and that no hold keeps, with its parameters."""
    column = entry.model._meta.get_field(entry.ages_from).column  # type: ignore[union-attr]
    held = Hold.objects.active().filter(categories__contains=[entry.category]).values_list("account", flat=True)
    where = f'"{entry.table}"."{column}" < %s'
    if accounts := list(held):
        nobodys = f'"{entry.table}"."{entry.column}" IS NULL'
        return f"{where} AND ({nobodys} OR {entry.belonging('<> ALL(%s)')})", [before, accounts]
    return where, [before]
