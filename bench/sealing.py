"""What it takes to seal a citizen service number and its keyed hash, beside the bare cipher."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from uuid import uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

Rows = list[tuple[str, str]]


def measure(numbers: int, turns: int) -> dict[str, list[float]]:
    """Seconds for so many numbers, in turns: ``ours s`` with places, keys and hashes, ``limit s`` by AES-GCM alone."""
    times: dict[str, list[float]] = {"ours s": [], "limit s": []}
    rows = [(str(uuid4()), str(111_222_333 + number)) for number in range(numbers)]
    for work in (ours, bare):
        work(rows[:1000])  # warm
    for _turn in range(turns):
        for name, work in (("limit s", bare), ("ours s", ours)):
            times[name].append(_seconds(work, rows))
    return times


def ours(rows: Rows) -> None:
    """As an account's employees are written, its data key being made ready once."""
    from cannonworks import encryption

    key, account = encryption.cipher(encryption.new_data_key()), str(uuid4())
    for row, number in rows:
        encryption.seal(number, key=key, column="relations_employee.bsn", row=row, account=account)
        encryption.lookup_hash(number, account=account)


def bare(rows: Rows) -> None:
    """AES-256-GCM with a random nonce, and bytes of the same length made ready before."""
    cipher, value, place = AESGCM(os.urandom(32)), b"111222333", os.urandom(100)
    for _row in rows:
        cipher.encrypt(os.urandom(12), value, place)


def _seconds(work: Callable[[Rows], None], rows: Rows) -> float:
    begun = time.perf_counter()
    work(rows)
    return time.perf_counter() - begun
