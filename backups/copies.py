"""Copies of the erasure ledger beside the backups: each holds the lines since the one before, and goes on from there.

The name of a copy says where the ledger ended: ``<number>-<offset>-<hash>.jsonl``. So the next one is made by looking
at the end alone, and finds a ledger that was cut off, changed there, or replaced by another; ``prove`` compares all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.core.files.base import ContentFile
from django.db import transaction

from backups import vault
from backups.problems import BackupProblem
from cannonworks import turns
from journal import services as journal
from retention import alarms, ledger
from retention.ledger import BrokenLedger, End
from retention.models import AlarmKind

NAME = re.compile(r"(?P<number>\d{12})-(?P<offset>\d{15})-(?P<hash>[0-9a-f]{64})\.jsonl")


def copy_ledger() -> End:
    """Copy what the ledger got since the last copy; return where that ends.

    Raises BrokenLedger when it does not go on from there, BackupProblem when the vault cannot be written. Two at once
    do the work of one.
    """
    with transaction.atomic():
        turns.wait_for("copies of the ledger")
        reached = last()
        while True:
            lines, end = ledger.since(reached)
            if not lines:
                return reached
            vault.put(path(end), ContentFile(lines))
            reached = end


def copy_and_tell(*, at: datetime) -> int:
    """Copy the ledger; a broken one is journalled and raises an alarm at once. Return how many lines are copied."""
    try:
        return copy_ledger().number
    except BrokenLedger as error:
        tell_broken(error, at=at)
        raise BackupProblem("ledger", str(error)) from error


def prove() -> End:
    """Compare the whole ledger with all of its copies; return where the last one ends.

    Every line is chained to the one before it, in the ledger and through the copies. Raises BrokenLedger.
    """
    reached = End()
    for end in ends():
        with vault.reading(path(end)) as file:
            copy = file.read()
        if ledger.between(reached.offset, end.offset) != copy:
            raise BrokenLedger(f"Lines {reached.number + 1} to {end.number} of the ledger are not as they were copied.")
        reached = end
    for _line in ledger.read():  # and what was not copied yet
        pass
    return reached


def prove_and_tell(*, at: datetime) -> bool:
    """Prove the ledger by its copies, and write into the journal what came of it; whether it is proven."""
    try:
        end = prove()
    except BrokenLedger as error:
        tell_broken(error, at=at)
        return False
    journal.record("ledger.proven", clause="14", lines=end.number)
    return True


def tell_broken(error: BrokenLedger, *, at: datetime) -> None:
    """Write it into the journal, from which the hourly check has it, and raise the alarm now."""
    journal.record("ledger.broken", clause="14")
    alarms.sound(AlarmKind.LEDGER, "ledger", str(error), at=at)


def ends() -> list[End]:
    """Where each copy ends, in order. Raises BackupProblem when the vault cannot be read."""
    found = filter(None, map(NAME.fullmatch, sorted(vault.listed(vault.LEDGER)[1])))
    return [End(int(name["number"]), int(name["offset"]), name["hash"]) for name in found]


def last() -> End:
    """Where the last copy ends; the beginning when there is none."""
    found = ends()
    return found[-1] if found else End()


def path(end: End) -> str:
    """The copy that ends there."""
    return f"{vault.LEDGER}/{end.number:012}-{end.offset:015}-{end.hash}.jsonl"


def assemble(to: Path) -> int:
    """Write the ledger as its copies have it to a new file, for when the disk with the ledger is lost; lines written.

    Prove it with ``ledger.elsewhere(to.parent)`` and ``ledger.read()`` before it is relied on.
    """
    with to.open("xb") as file:
        for piece in _contents():
            file.write(piece)
    return last().number


def _contents() -> Iterator[bytes]:
    for end in ends():
        with vault.reading(path(end)) as file:
            yield file.read()
