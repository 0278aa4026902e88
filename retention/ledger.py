"""The erasure ledger: append-only and hash-chained, outside the database and beside the backups (§14).

It is written before rows go and again when they are proven gone, by random reference only. After a restore it says what
must go again. A line can stand twice when a worker was killed between writing it and noting that it did; readers go by
reference, so that changes nothing.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

FIRST = "0" * 64
LONGEST = 64 * 1024  # bytes, far longer than any line
PORTION = 4 * 1024 * 1024
_folder: ContextVar[Path | None] = ContextVar("ledger_folder", default=None)


class BrokenLedger(Exception):
    """The chain does not hold; the message names the first bad line."""


def path() -> Path:
    """The ledger's file."""
    return (_folder.get() or Path(settings.LEDGER_DIR)) / "erasures.jsonl"


@contextmanager
def elsewhere(folder: Path) -> Iterator[None]:
    """Write to another folder meanwhile: for a simulation, whose erasures do not happen."""
    token = _folder.set(folder)
    try:
        yield
    finally:
        _folder.reset(token)


def append(entries: Sequence[Mapping[str, Any]]) -> None:
    """Add entries (plain JSON values) as one write, on disk when this returns; locked against other workers."""
    if not entries:
        return
    path().parent.mkdir(parents=True, exist_ok=True)
    with path().open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        number, before = _last(file)
        lines = []
        for entry in entries:
            number += 1
            text = _text({"number": number, **entry, "before": before})
            before = _hash(text)
            lines.append(f'{text[:-1]},"hash":"{before}"}}\n')
        file.write("".join(lines).encode())
        file.flush()
        os.fsync(file.fileno())


def read() -> Iterator[dict[str, Any]]:
    """Every entry in order, the chain checked as it goes. Raises BrokenLedger."""
    if not path().exists():
        return
    reached = End()
    with path().open("rb") as file:
        for raw in file:
            line, reached = _checked(raw, reached)
            yield line


@dataclass(frozen=True)
class End:
    """A place between two lines: number and hash of the line before it, and the byte at which the next begins."""

    number: int = 0
    offset: int = 0
    hash: str = FIRST


def end() -> End:
    """Where the ledger ends now. Raises BrokenLedger when its last line cannot be read."""
    if not path().exists():
        return End()
    with path().open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        offset = _whole(file)
        return _line_before(file, offset) if offset else End()


def since(before: End, *, most: int = PORTION) -> tuple[bytes, End]:
    """(lines after ``before`` as they stand there, where they end): the chain is checked from that place on.

    Some ``most`` bytes at a time; no bytes when there is nothing new. Raises BrokenLedger when the ledger does not go
    on from there: it was cut off, changed, or is another.
    """
    if not path().exists():
        if before.number:
            raise BrokenLedger(f"The ledger is gone; it had {before.number} lines.")
        return b"", before
    with path().open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        if _whole(file) < before.offset or (before.offset and _line_before(file, before.offset) != before):
            raise BrokenLedger(f"Line {before.number} of the ledger is not as it was copied, or not there any more.")
        file.seek(before.offset)
        lines = [line for line in file.readlines(most) if line.endswith(b"\n")]
    reached = before
    for line in lines:
        reached = _checked(line, reached)[1]
    return b"".join(lines), reached


def between(start: int, stop: int) -> bytes:
    """The bytes of the ledger from ``start`` to ``stop``, as they are; fewer where it is shorter."""
    if not path().exists():
        return b""
    with path().open("rb") as file:
        file.seek(start)
        return file.read(stop - start)


def _whole(file: Any) -> int:
    """The length without a line that a crash tore."""
    length = file.seek(0, os.SEEK_END)
    back = min(length, LONGEST)
    file.seek(length - back)
    tail: bytes = file.read(back)
    return length - (len(tail) - tail.rfind(b"\n") - 1)


def _line_before(file: Any, offset: int) -> End:
    back = min(offset, LONGEST)
    file.seek(offset - back)
    tail = file.read(back)
    line = tail[tail.rfind(b"\n", 0, -1) + 1 :]
    try:
        said = json.loads(line)
        found = said.pop("hash")
        if tail.endswith(b"\n") and found == _hash(_text(said)):
            return End(said["number"], offset, found)
    except (ValueError, KeyError, AttributeError, TypeError):
        pass
    raise BrokenLedger(f"The line of the ledger before byte {offset} cannot be read.")


def _checked(raw: bytes, before: End) -> tuple[dict[str, Any], End]:
    """The line that follows on ``before``, and the place behind it. Raises BrokenLedger."""
    number = before.number + 1
    try:
        line = json.loads(raw)
        found, before_it, its_number = line.pop("hash"), line["before"], line["number"]
    except (ValueError, KeyError, AttributeError, TypeError):
        raise BrokenLedger(f"Line {number} of the ledger cannot be read.") from None
    if before_it != before.hash or its_number != number or found != _hash(_text(line)):
        raise BrokenLedger(f"Line {number} of the ledger was changed, or one before it removed.")
    return line, End(number, before.offset + len(raw), found)


def _last(file: Any) -> tuple[int, str]:
    end = file.seek(0, os.SEEK_END)
    if end == 0:
        return 0, FIRST
    back = min(end, LONGEST)
    file.seek(end - back)
    lines = file.read(back).splitlines(keepends=True)
    if not lines[-1].endswith(b"\n"):
        # A crash in the middle of a write: the torn line was never relied on, so it goes.
        file.truncate(end - len(lines.pop()))
        if not lines:
            return 0, FIRST
    line = json.loads(lines[-1])
    return line["number"], line["hash"]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


_text = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
