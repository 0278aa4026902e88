"""The file of digests outside the database, beside the erasure ledger: who cuts the end off the journal is told by it.

One line a batch, all of one length, so that the n-th batch is found without reading the ones before it. Whoever seals
holds the file from before the batch to after its line; whoever verifies looks how long it is while nobody does.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

LINE = 12 + 1 + 64 + 1  # bytes: number, space, digest in hexadecimal, end of line


def path() -> Path:
    """Where the digests are."""
    return Path(settings.LEDGER_DIR) / "journal-roots"


@contextmanager
def alone() -> Iterator[BinaryIO | None]:
    """The file, to add to; None when another sealer has it."""
    path().parent.mkdir(parents=True, exist_ok=True)
    with path().open("a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        file.truncate(_lines(file) * LINE)  # a line torn by a crash was never relied on
        yield file


@contextmanager
def still() -> Iterator[int]:
    """Keep sealers out, and tell how many lines there are; 0 without a file."""
    if not path().exists():
        yield 0
        return
    with path().open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield _lines(file)


def last(file: BinaryIO) -> tuple[int, str]:
    """How many lines there are, and the last of them."""
    count = _lines(file)
    file.seek(max(0, count - 1) * LINE)
    return count, file.read(LINE).decode(errors="replace")


def append(file: BinaryIO, batches: Sequence[tuple[int, bytes]]) -> None:
    """Add numbers with their digests as one write, on disk when this returns."""
    file.write("".join(line(number, digest) for number, digest in batches).encode())
    file.flush()
    os.fsync(file.fileno())


def read(after: int = 0) -> Iterator[str]:
    """The lines behind the first ``after``, in order."""
    if not path().exists():
        return
    with path().open("rb") as file:
        file.seek(after * LINE)
        while len(found := file.read(LINE)) == LINE:
            yield found.decode(errors="replace")


def line(number: int, digest: bytes) -> str:
    """The line of a batch."""
    return f"{number:012d} {digest.hex()}\n"


def _lines(file: BinaryIO) -> int:
    return file.seek(0, os.SEEK_END) // LINE
