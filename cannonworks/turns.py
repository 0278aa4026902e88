"""Taking turns: locks of the database under a name of ours, whichever process and machine somebody is at.

They end with the transaction or the connection that took them, also when a process is killed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

#: The number that stands for a name.
KEY = "hashtextextended(%s, 0)"


def wait_for(what: str) -> None:
    """Wait until nobody else is at ``what``; it is ours until the end of the transaction, in which this is called."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock({KEY})", [what])


def take(what: str) -> bool:
    """The same, without waiting: whether nobody else was at it, and now it is ours until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_xact_lock({KEY})", [what])
        return bool(cursor.fetchone()[0])


@contextmanager
def alone(what: str) -> Iterator[bool]:
    """Whether nobody else is at ``what``: then it is ours over as many transactions as the block has."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_lock({KEY})", [what])
        (alone,) = cursor.fetchone()
    try:
        yield alone
    finally:
        if alone and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT pg_advisory_unlock({KEY})", [what])
