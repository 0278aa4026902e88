"""The accounts' files in the vault: each copied once, as it is, and listed by every backup that has it.

A file is written once and never changed, and is encrypted under the key of its account, so a copy needs no sealing and
no day of its own. The lists are in order, as ``storage.names`` is, and are only ever read side by side: what is in
memory does not grow with how many files there are.
"""

from __future__ import annotations

import hashlib
import heapq
import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, groupby

from django.core.files.base import File

from backups import vault
from backups.problems import BackupProblem
from backups.vault import Part
from cannonworks import storage


@dataclass(frozen=True)
class Listed:
    """A file of an account: its name, and what it is byte for byte."""

    name: str
    part: Part

    @property
    def path(self) -> str:
        """Where it is in the vault."""
        return f"{vault.POOL}/{self.name}"


@dataclass(frozen=True)
class List:
    """The list of a backup: the file with it, and how many files of how many bytes are on it."""

    part: Part
    files: int
    size: int


def copy_files(name: str, *, previous: str | None) -> List:
    """Copy what is not in the vault yet, and list all there is as that of backup ``name``.

    ``previous``: a backup whose list is trusted for what was copied with it or before. FilesUnavailable: no folder.
    """
    count, size = 0, 0
    with tempfile.TemporaryFile() as lines:
        for found in _all(previous):
            lines.write(json.dumps({"name": found.name, **vars(found.part)}, separators=(",", ":")).encode() + b"\n")
            count, size = count + 1, size + found.part.size
        lines.seek(0)
        return List(vault.put(f"{name}/{vault.FILES}", File(lines)), count, size)


def listed(name: str) -> Iterator[Listed]:
    """The files of a backup, in order. Raises BackupProblem where its list cannot be read."""
    with vault.reading(f"{name}/{vault.FILES}") as file:
        for raw in file:
            try:
                line = json.loads(raw)
                yield Listed(line["name"], Part(line["size"], line["sha256"]))
            except (ValueError, KeyError, TypeError):
                raise BackupProblem("unreadable", f"The list of files of {name} cannot be read.") from None


@contextmanager
def names_kept(name: str) -> Iterator[Iterator[str]]:
    """The names of a backup's files, to be read after the backup is gone; none where it has no list (any more)."""
    with tempfile.TemporaryFile("w+") as kept:
        if vault.has(f"{name}/{vault.FILES}"):
            kept.writelines(f"{found.name}\n" for found in listed(name))
        kept.seek(0)
        yield (line.rstrip("\n") for line in kept)


def remove_unlisted(candidates: Iterable[str]) -> int:
    """Remove those of the files (in order) that no backup lists; return how many."""
    candidates, removed = iter(candidates), 0
    if (first := next(candidates, None)) is None:
        return 0
    lists = [(_key(found.name) for found in listed(name)) for name in vault.names()]
    kept = _once(heapq.merge(*lists))
    upcoming = next(kept, None)
    for name in chain([first], candidates):
        while upcoming is not None and upcoming < _key(name):
            upcoming = next(kept, None)
        if upcoming != _key(name):
            vault.remove(f"{vault.POOL}/{name}")
            removed += 1
    return removed


def everything() -> Iterator[str]:
    """Every file in the pool by its name, in order."""
    for account in sorted(vault.listed(vault.POOL)[0]):
        for category in sorted(vault.listed(f"{vault.POOL}/{account}")[0]):
            for file in sorted(vault.listed(f"{vault.POOL}/{account}/{category}")[1]):
                yield f"{account}/{category}/{file}"


def tidy_folders() -> None:
    """Remove the folders of accounts that have no file in the pool any more, where the storage has folders."""
    for account in vault.listed(vault.POOL)[0]:
        folder = f"{vault.POOL}/{account}"
        for category in vault.listed(folder)[0]:
            if vault.listed(f"{folder}/{category}") == ([], []):
                vault.remove_folder(f"{folder}/{category}")
        if vault.listed(folder) == ([], []):
            vault.remove_folder(folder)


def _all(previous: str | None) -> Iterator[Listed]:
    known = listed(previous) if previous else iter(())
    upcoming = next(known, None)
    for name in storage.names():
        while upcoming is not None and _key(upcoming.name) < _key(name):
            upcoming = next(known, None)
        was = upcoming if upcoming is not None and upcoming.name == name else None
        if (found := _copied(name, was)) is not None:
            yield found


def _copied(name: str, was: Listed | None) -> Listed | None:
    """The file as it is in the vault, copied where it is not; None when it was erased meanwhile."""
    path = f"{vault.POOL}/{name}"
    there = vault.size(path)
    if was is not None and there == was.part.size:
        return was
    with _sealed(name) as file:
        if file is None:
            return None
        if there is not None:  # of a run that was killed: only what is proven to be the same stays
            part = _measured(file)
            if vault.measure(path) == part:
                return Listed(name, part)
            vault.remove(path)
            file.seek(0)
        return Listed(name, vault.put(path, File(file)))


@contextmanager
def _sealed(name: str) -> Iterator[File | None]:
    try:
        file = storage.open_sealed(name)
    except FileNotFoundError:
        yield None
        return
    with file:
        yield file  # type: ignore[misc]


def _measured(file: File) -> Part:
    digest = hashlib.file_digest(file, "sha256")  # type: ignore[arg-type]
    return Part(file.tell(), digest.hexdigest())


def _key(name: str) -> tuple[str, ...]:
    return tuple(name.split("/"))


def _once(keys: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    return (key for key, _same in groupby(keys))


def trusted(name: str | None, part: Part | None) -> str | None:
    """The backup, if its list is what its manifest says; else None, and every file is looked at anew."""
    if name is None or part is None:
        return None
    with suppress(BackupProblem):
        vault.check(f"{name}/{vault.FILES}", part)
        return name
    return None
