"""Verifying: every batch is computed again from the entries, and held against the database and the file outside it.

One statement streams the batches, each with the leaves of its range as they are now; one batch is in memory at a time.
Everything is looked at as of one moment, so that nobody's work meanwhile looks like a break. An entry that is gone
counts as lawfully gone when its leaf still follows from what its removal left, and the erasure of its account's
evidence is in the ledger.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from journal import leaves, roots
from journal.models import Batch
from journal.sealing import FIRST, digest

#: Entries of one batch among which is looked for one that stands in another's place.
FEW = 200
#: An entry that is older, by the database's clock that dated it, should be in a batch.
LATE_HOURS = 1
#: Batches fetched at once.
CHUNK = 8


@dataclass(frozen=True)
class Break:
    """The first place where the journal is not what was sealed: its batch, and the entry where it can be told."""

    kind: str
    batch: int | None
    entry: int | None
    text: str


@dataclass(frozen=True)
class Report:
    """What was looked at: batches, entries, those of them that expired lawfully, and those not sealed yet."""

    batches: int = 0
    entries: int = 0
    expired: int = 0
    unsealed: int = 0
    broken: Break | None = None

    @property
    def proven(self) -> bool:
        return self.broken is None


class _Found(Exception):
    def __init__(self, kind: str, batch: int | None, text: str, entry: int | None = None) -> None:
        self.found = Break(kind, batch, entry, text)


COLUMNS = ("number", "first_id", "last_id", "count", "leaves", "root", "previous", "digest", "sealed_at")
BATCHES = f"""
SELECT {", ".join(f"b.{name}" for name in COLUMNS)},
       (SELECT {leaves.RECORDS} FROM {leaves.EVER} AS ever WHERE id BETWEEN b.first_id AND b.last_id),
       (SELECT json_agg(json_build_array(entry_id, account_reference) ORDER BY entry_id)::text FROM journal_removed
        WHERE entry_id BETWEEN b.first_id AND b.last_id)
FROM journal_batch AS b WHERE b.number > %s ORDER BY b.number
"""


def verify(*, erased: Callable[[], Container[str | None]], after: int = 0) -> Report:
    """Prove every batch behind number ``after``, up to the first broken one; see ``Report``.

    ``erased`` is asked once, if at all, for the references of accounts whose evidence was erased. Streams; its memory
    does not grow with the journal. Call it outside a transaction.
    """
    counts: dict[str, Any] = {"batches": 0, "entries": 0, "expired": 0}
    try:
        with transaction.atomic():
            unsealed = _verify(erased, after, counts)
    except _Found as error:
        return Report(**counts, broken=error.found)
    return Report(**counts, unsealed=unsealed)


def _verify(erased: Callable[[], Container[str | None]], after: int, counts: dict[str, Any]) -> int:
    lawful: Container[str | None] | None = None
    number, last_id, previous = after, *_before(after)
    with connection.chunked_cursor() as cursor:
        with roots.still() as recorded:
            cursor.execute(BATCHES, [after])  # what it will say is settled here, as is how long the file is
        lines = roots.read(after)
        for *values, found, removed in _rows(cursor):
            batch, number = Batch(**dict(zip(COLUMNS, values, strict=True))), number + 1
            _is_in_chain(batch, number, last_id, previous)
            _is_recorded(batch, recorded, next(lines, ""))
            _is_what_was_sealed(batch, bytes(found or b""))
            if gone := json.loads(removed or "[]"):
                lawful = erased() if lawful is None else lawful
                _went_lawfully(batch, gone, lawful)
            last_id, previous = batch.last_id, bytes(batch.digest)
            counts["batches"] += 1
            counts["entries"] += batch.count
            counts["expired"] += len(gone)
    if recorded > number:
        raise _Found("cut off", number + 1, f"the end is missing: {recorded} batches were recorded, {number} are there")
    return _beyond(last_id)


def _rows(cursor: Any) -> Iterator[tuple[Any, ...]]:
    while rows := cursor.fetchmany(CHUNK):
        yield from rows


def _before(after: int) -> tuple[int, bytes]:
    """The last id and the digest of the batch numbered ``after``, behind which the next one follows."""
    if not after:
        return 0, FIRST
    batch = Batch.objects.defer("leaves").filter(number=after).first()
    if batch is None:
        raise _Found("batch removed", after, f"batch {after} is missing")
    return batch.last_id, bytes(batch.digest)


# --- What may be wrong with a batch ------------------------------------------------------------------------------


def _is_in_chain(batch: Batch, number: int, last_id: int, previous: bytes) -> None:
    if batch.number != number:
        raise _Found("batch removed", number, f"batch {number} is missing")
    if bytes(batch.previous) != previous or batch.first_id != last_id + 1:
        raise _Found("batch altered", number, f"batch {number} does not follow from the one before it")
    if digest(batch) != bytes(batch.digest) or leaves.root(batch.leaves) != bytes(batch.root):
        raise _Found("batch altered", number, f"batch {number} was altered")


def _is_recorded(batch: Batch, recorded: int, line: str) -> None:
    number = batch.number
    if number > recorded or not line:
        raise _Found("not recorded", number, f"batch {number} is not in the file outside the database")
    if line != roots.line(number, bytes(batch.digest)):
        raise _Found("batch altered", number, f"batch {number} is another than the file outside the database has")


def _is_what_was_sealed(batch: Batch, found: bytes) -> None:
    sealed = bytes(batch.leaves)
    if found == sealed:
        return
    then, now = dict(leaves.records(sealed)), list(leaves.records(found))
    known = dict(now)
    twice = {entry for entry, times in Counter(entry for entry, _leaf in now).items() if times > 1}
    wrong = sorted(twice | {entry for entry in then.keys() | known.keys() if then.get(entry) != known.get(entry)})
    if not wrong:
        raise _Found("batch altered", batch.number, f"batch {batch.number} was altered")
    _is_in_its_place(batch, wrong, then)
    entry = wrong[0]
    kind = "inserted" if entry in twice or entry not in then else "changed" if entry in known else "removed"
    raise _Found(kind, batch.number, f"entry {entry} in batch {batch.number} was {kind}", entry)


def _is_in_its_place(batch: Batch, wrong: list[int], then: dict[int, bytes]) -> None:
    """Whether one of the wrong entries is what another was: with that one's id it has that one's leaf."""
    if len(wrong) > FEW:
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {leaves.EVER} AS ever WHERE id = ANY(%s) ORDER BY id", [wrong])
        rows = cursor.fetchall()
    for entry, account, content in rows:
        for place in wrong:
            if place != entry and place in then and leaves.leaf(place, account, bytes(content)) == then[place]:
                text = f"entry {place} in batch {batch.number} stands in another place: as entry {entry}"
                raise _Found("reordered", batch.number, text, place)


def _went_lawfully(batch: Batch, gone: list[tuple[int, str | None]], lawful: Container[str | None]) -> None:
    for entry, account in gone:
        if account not in lawful:
            text = f"entry {entry} in batch {batch.number} was removed, and its account's evidence was not erased"
            raise _Found("removed", batch.number, text, entry)


def _beyond(last_id: int) -> int:
    """The number of entries that wait for a batch; _Found for those that never would get into one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), min(id) FILTER (WHERE id < 1 OR id > drawn.last_value),"
            " min(id) FILTER (WHERE at < now() - make_interval(hours => %s))"
            " FROM journal_entry, journal_entry_id_seq AS drawn WHERE id > %s OR id < 1",
            [LATE_HOURS, last_id],
        )
        unsealed, outside, late = cursor.fetchone()
    if outside is not None:
        raise _Found("inserted", None, f"entry {outside} was inserted: its id was never given out", outside)
    if late is not None:
        raise _Found("not sealed", None, f"entry {late} should have been sealed long ago", late)
    return unsealed
