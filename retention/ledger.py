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
from pathlib import Path
from typing import Any

from django.conf import settings

FIRST = "0" * 64
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
    before, number = FIRST, 0
    if not path().exists():
        return
    with path().open("rb") as file:
        for raw in file:
            number += 1
            try:
                line = json.loads(raw)
                found, before_it, its_number = line.pop("hash"), line["before"], line["number"]
            except (ValueError, KeyError, AttributeError, TypeError):
                raise BrokenLedger(f"Line {number} of the ledger cannot be read.") from None
            if before_it != before or its_number != number or found != _hash(_text(line)):
                raise BrokenLedger(f"Line {number} of the ledger was changed, or one before it removed.")
            before = found
            yield line


def _last(file: Any) -> tuple[int, str]:
    end = file.seek(0, os.SEEK_END)
    if end == 0:
        return 0, FIRST
    back = min(end, 64 * 1024)  # far longer than any line
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
