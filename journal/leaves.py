"""Entries as leaves of a Merkle tree (RFC 6962), and the tree over them: pure hashes.

A leaf commits to the entry's id, its account and the digest of all else, apart from each other: so the leaf of an entry
that expired is recomputed from its id, its account's reference and that digest alone. Every text goes in with its
length before it, so that no two entries read alike; JSONB has one way to write a value.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from uuid import UUID

LEAF, NODE = b"\x00", b"\x01"
DOMAIN = b"cannonworks/journal/entry/1"
HASH = 32  # bytes
RECORD = 8 + HASH  # bytes of an id with its leaf

#: SQL of the digest of what an entry says; also in the trigger that notes removals.
CONTENT = r"""sha256(
    timestamptz_send(at)
    || int4send(octet_length(event)) || convert_to(event, 'UTF8')
    || coalesce('\x01'::bytea || uuid_send(actor_reference), '\x00'::bytea)
    || int4send(octet_length(actor_kind)) || convert_to(actor_kind, 'UTF8')
    || int4send(octet_length(clause)) || convert_to(clause, 'UTF8')
    || convert_to(facts::text, 'UTF8')
)"""

#: SQL of all entries that are or were, as (id, account_reference, content).
EVER = f"""(
    SELECT id, account_reference, {CONTENT} AS content FROM journal_entry
    UNION ALL SELECT entry_id, account_reference, content FROM journal_removed
)"""

#: SQL of ids with their leaves, in order, over rows as in ``EVER``; what ``records`` takes apart.
RECORDS = rf"""string_agg(
    int8send(id) || sha256(
        '\x{(LEAF + DOMAIN).hex()}'::bytea || int8send(id)
        || coalesce('\x01'::bytea || uuid_send(account_reference), '\x00'::bytea) || content
    ), '' ORDER BY id
)"""


def leaf(entry_id: int, account: UUID | None, content: bytes) -> bytes:
    """The leaf of an entry, as ``RECORDS`` has it in SQL; ``content`` is the digest of what it says."""
    named = b"\x01" + account.bytes if account else b"\x00"
    return sha256(LEAF + DOMAIN + entry_id.to_bytes(8, "big", signed=True) + named + content).digest()


def records(packed: bytes) -> Iterator[tuple[int, bytes]]:
    """Ids with their leaves, from the form in which a batch keeps them."""
    for start in range(0, len(packed), RECORD):
        yield int.from_bytes(packed[start : start + 8], "big", signed=True), packed[start + 8 : start + RECORD]


def root(packed: bytes) -> bytes:
    """The root of the tree over at least one leaf, packed; odd ones out move up a level, as in RFC 6962."""
    level = [packed[start + 8 : start + RECORD] for start in range(0, len(packed), RECORD)]
    while len(level) > 1:
        even = len(level) // 2 * 2
        level = [
            sha256(NODE + left + right).digest() for left, right in zip(level[:even:2], level[1:even:2], strict=True)
        ] + level[even:]
    return level[0]
