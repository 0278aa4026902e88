"""Sealing: new entries become a Merkle batch that names the batch before it (design: Journal).

An entry gets its id before its transaction commits, so a slow transaction can still add below entries that are there
already. A batch therefore is a whole range of ids, from just behind the batch before it up to a bound under which
nothing can come any more: whatever has an id in the range is in the batch, for ever, and nothing is noted in the entry.

The bound: read the sequence first, then see who holds the lock that every INSERT takes on the table *before* it draws
an id and keeps to the end of its transaction. When these are all gone, each id up to what was read is there or never
will be. Transaction ids would not do: an INSERT draws its id a moment before it gets one. Nobody is kept waiting.

Who seals holds the file of digests (``roots``) and, where sealers do not share a disk, a lock in the database.
"""

from __future__ import annotations

import struct
import time
from datetime import UTC, datetime
from hashlib import sha256

from django.db import connection, transaction

from cannonworks import turns
from journal import leaves, roots
from journal.models import Batch

#: Entries in one batch: bounds the memory of who seals and who verifies.
MOST = 10_000
#: Seconds to wait for the transactions that write at this moment, before leaving it to the next time.
PATIENCE = 20.0
DOMAIN = b"\x02cannonworks/journal/batch/1"
FIRST = bytes(leaves.HASH)  # what the first batch names as the one before it

WRITERS = """
SELECT virtualtransaction FROM pg_locks
WHERE locktype = 'relation' AND relation = 'journal_entry'::regclass AND granted AND pid <> pg_backend_pid()
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND mode NOT IN ('AccessShareLock', 'RowShareLock')
"""


class OutOfStep(Exception):
    """The file of digests knows more batches than the database, or others; sealing stops until that is seen to."""


def seal(*, at: datetime, patience: float = PATIENCE) -> int:
    """Seal every entry below which nothing can come any more; return how many. Safe on many workers at once.

    Waits at most ``patience`` seconds for whoever is writing. Raises OutOfStep. Not within a transaction: what
    is in the file is committed.
    """
    until = settled(patience)
    sealed = 0
    while count := _seal_one(until, at):
        sealed += count
    return sealed


def settled(patience: float) -> int:
    """The highest id up to which no running transaction can still add an entry; 0 when some did not end in time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM journal_entry_id_seq")
        (drawn,) = cursor.fetchone()
        cursor.execute(WRITERS)
        before = {writer for (writer,) in cursor.fetchall()}
        end = time.monotonic() + patience
        while before:
            if time.monotonic() > end:
                return 0
            time.sleep(0.05)
            cursor.execute(WRITERS)
            before &= {writer for (writer,) in cursor.fetchall()}
    return drawn


def digest(batch: Batch) -> bytes:
    """What the next batch names and the file keeps: everything the batch says, in one hash."""
    numbers = struct.pack(">QQQQ", batch.number, batch.first_id, batch.last_id, batch.count)
    moment = batch.sealed_at.astimezone(UTC).isoformat(timespec="microseconds").encode()
    return sha256(
        DOMAIN + bytes(batch.previous) + numbers + bytes(batch.root) + sha256(batch.leaves).digest() + moment
    ).digest()


def _seal_one(until: int, at: datetime) -> int:
    with roots.alone() as file:
        if file is None:
            return 0
        with transaction.atomic(durable=True):
            if not turns.take("journal sealing"):
                return 0
            before = Batch.objects.defer("leaves").order_by("-number").first()
            recorded, its_line = roots.last(file)
            _in_step(before, recorded, its_line)
            if (batch := _next(before, until, at)) is not None:
                batch.save(force_insert=True)
        # Only what is committed is in the file; what a crash kept out of it the next sealer adds.
        new = Batch.objects.filter(number__gt=recorded).order_by("number").values_list("number", "digest")
        roots.append(file, [(number, bytes(its_digest)) for number, its_digest in new.iterator()])
    return batch.count if batch else 0


def _in_step(newest: Batch | None, recorded: int, its_line: str) -> None:
    known = newest.number if newest else 0
    if recorded > known:
        raise OutOfStep(f"The file of digests knows {recorded} batches, the database {known}.")
    if recorded and its_line != roots.line(recorded, bytes(Batch.objects.values_list("digest").get(pk=recorded)[0])):
        raise OutOfStep(f"The file of digests has another digest of batch {recorded} than the database.")


def _next(before: Batch | None, until: int, at: datetime) -> Batch | None:
    first = before.last_id + 1 if before else 1
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT least((SELECT min(id) FROM journal_entry WHERE id >= %s),"
            " (SELECT min(entry_id) FROM journal_removed WHERE entry_id >= %s))",
            [first, first],
        )
        (lowest,) = cursor.fetchone()
        if lowest is None or lowest > until:
            return None
        last = min(until, lowest + MOST - 1)
        cursor.execute(f"SELECT {leaves.RECORDS} FROM {leaves.EVER} AS ever WHERE id BETWEEN %s AND %s", [first, last])
        packed = bytes(cursor.fetchone()[0])
    batch = Batch(
        number=before.number + 1 if before else 1,
        first_id=first,
        last_id=last,
        count=len(packed) // leaves.RECORD,
        leaves=packed,
        root=leaves.root(packed),
        previous=bytes(before.digest) if before else FIRST,
        sealed_at=at,
    )
    batch.digest = digest(batch)
    return batch
