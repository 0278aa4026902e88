"""Where backups lie: a storage outside the database, ``STORAGES["backups"]``, which is their only register (§14).

``<name>/database.dump.age``        everything but wrapped keys, sealed
``<name>/keys.age``                 the wrapped keys, sealed, with a short life of their own
``<name>/files.jsonl``              which files of accounts belong to it: name, size and SHA-256
``<name>/manifest.json``            written last: what has none is no backup
``files/<account>/<category>/<…>``  those files, once each and as they are: encrypted under the key of their account
``ledger/<number>-<end>-<hash>.jsonl``  what the erasure ledger got since the copy before

A name is the UTC moment before the snapshot and a random suffix, so what is newest and when it ends follow from names:
a table of backups would go back in time with the database it stands in.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage, storages

from backups.problems import BackupProblem

DATABASE, KEYS, FILES, MANIFEST = "database.dump.age", "keys.age", "files.jsonl", "manifest.json"
POOL, LEDGER = "files", "ledger"
NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")
STAMP = "%Y%m%dT%H%M%SZ"
CHUNK = 1024 * 1024
_elsewhere: ContextVar[Storage | None] = ContextVar("vault", default=None)


@dataclass(frozen=True)
class Part:
    """A file of the vault as it must be: bytes, and their SHA-256 in hexadecimal."""

    size: int
    sha256: str


class Folder(FileSystemStorage):
    """A folder for its owner alone, where a file has its name only once all of it is on the disk."""

    @property
    def location(self) -> str:  # type: ignore[override]
        return os.path.abspath(self._location or settings.BACKUPS_DIR)  # type: ignore[attr-defined]

    base_location = location  # type: ignore[assignment]

    def path(self, name: str) -> str:
        """Where a name of ours is; looked up for every backup and file, so without a look at the disk."""
        if ".." in name.split("/") or name.startswith("/"):
            raise SuspiciousFileOperation("This is no name in the vault.")
        return os.path.join(self.location, name)

    def _save(self, name: str, content: File) -> str:
        path = Path(self.path(name))
        self._make(path.parent)
        draft = path.with_name(f"{path.name}.part")
        try:
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                for chunk in content.chunks(CHUNK):
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        _sync(path.parent)
        return name

    def _make(self, folder: Path) -> None:
        if folder.is_dir():
            return
        if folder != Path(self.location):
            self._make(folder.parent)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync(folder.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def storage() -> Storage:
    """The storage of the vault."""
    return _elsewhere.get() or storages["backups"]


@contextmanager
def elsewhere(folder: Path) -> Iterator[None]:
    """Take another folder for the vault meanwhile, such as one that was brought from another machine."""
    token = _elsewhere.set(Folder(location=folder))
    try:
        yield
    finally:
        _elsewhere.reset(token)


# --- Names ---------------------------------------------------------------------------------------------------


def new_name(at: datetime) -> str:
    """The name of a backup that begins ``at``; never that of another."""
    return f"{at.astimezone(UTC).strftime(STAMP)}-{secrets.token_hex(4)}"


def made_at(name: str) -> datetime:
    """When the backup of this name began, to the second, in UTC. Raises BackupProblem for what is no name."""
    if not NAME.fullmatch(name):
        raise BackupProblem("no-name", f"{name!r} is no name of a backup.")
    return datetime.strptime(name.partition("-")[0], STAMP).replace(tzinfo=UTC)


def names() -> list[str]:
    """Every backup there is, the oldest first. Raises BackupProblem when the vault cannot be read."""
    return [name for name in _folders() if has(f"{name}/{MANIFEST}")]


def unfinished() -> list[str]:
    """What was begun and never became a backup, or is half removed."""
    return [name for name in _folders() if not has(f"{name}/{MANIFEST}")]


def with_keys() -> list[str]:
    """The backups whose wrapped keys are still there, the newest first."""
    return [name for name in reversed(names()) if has(f"{name}/{KEYS}")]


def newest() -> str | None:
    """The newest backup, or None."""
    found = names()
    return found[-1] if found else None


def _folders() -> list[str]:
    return sorted(name for name in listed("")[0] if NAME.fullmatch(name))


# --- Files ---------------------------------------------------------------------------------------------------


def listed(folder: str) -> tuple[list[str], list[str]]:
    """(folders, files) in this folder of the vault; nothing where it is not there yet."""
    with _told("read"):
        try:
            folders, files = storage().listdir(folder)
        except FileNotFoundError:
            return [], []
    return folders, [name for name in files if not name.endswith(".part")]


def has(path: str) -> bool:
    """Whether the file is there."""
    with _told("read"):
        return storage().exists(path)


def size(path: str) -> int | None:
    """Its bytes; None when it is not there."""
    with _told("read"):
        return storage().size(path) if storage().exists(path) else None


@contextmanager
def reading(path: str) -> Iterator[BinaryIO]:
    """Open a file of the vault. Raises BackupProblem when it cannot be read."""
    try:
        file = storage().open(path, "rb")
    except OSError as error:
        raise BackupProblem("unreadable", f"{path} cannot be read: {_why(error)}.") from error
    with file:
        yield cast(BinaryIO, file)


def put(path: str, content: File) -> Part:
    """Write a new file, read it back, and return what both were. Raises BackupProblem, and leaves nothing then."""
    counted = _Counted(content)
    with _told("written"):
        stored = storage().save(path, counted)
    written = counted.part()
    if stored != path or measure(stored) != written:
        remove(stored)
        raise BackupProblem("not-as-written", f"{path} does not read as it was written.")
    return written


def measure(path: str) -> Part:
    """Read the whole file and say what it is."""
    digest, length = hashlib.sha256(), 0
    with reading(path) as file, _told("read"):
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            length += len(chunk)
    return Part(length, digest.hexdigest())


def check(path: str, part: Part) -> None:
    """Raise BackupProblem unless the file is there and is, byte for byte, what the manifest says."""
    found = size(path)
    if found is None:
        raise BackupProblem("missing", f"{path} is not there.")
    if found < part.size:
        raise BackupProblem("truncated", f"{path} is cut off: {found} bytes instead of {part.size}.")
    if found > part.size or measure(path) != part:
        raise BackupProblem("changed", f"{path} was changed: its digest is not the one in the manifest.")


def remove(path: str) -> None:
    """Remove a file, or an empty folder; nothing happens when it is not there."""
    with _told("written"):
        storage().delete(path)


def remove_backup(name: str) -> None:
    """Remove a backup: its manifest first, so that half of it counts for nothing; may be done again."""
    made_at(name)
    remove(f"{name}/{MANIFEST}")
    remove_folder(name)


def remove_folder(folder: str) -> None:
    """Remove the files in a folder, drafts too, and the folder."""
    with _told("written"):
        try:
            files = storage().listdir(folder)[1]
        except FileNotFoundError:
            return
        for file in files:
            storage().delete(f"{folder}/{file}")
        storage().delete(folder)


class _Counted(File):
    """Content that is measured while the storage takes it."""

    def __init__(self, content: File) -> None:
        super().__init__(content.file, getattr(content, "name", None))
        self._content, self._digest, self._length = content, hashlib.sha256(), 0

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        for chunk in self._content.chunks(chunk_size or CHUNK):
            self._count(chunk)
            yield chunk

    def read(self, size: int = -1) -> bytes:  # storages of others may read instead
        chunk = self._content.read(size)
        self._count(chunk)
        return chunk

    def _count(self, chunk: bytes) -> None:
        self._digest.update(chunk)
        self._length += len(chunk)

    def part(self) -> Part:
        return Part(self._length, self._digest.hexdigest())


@contextmanager
def _told(done: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise BackupProblem("vault", f"The vault cannot be {done}: {_why(error)}.") from error


def _why(error: OSError) -> str:
    return error.strerror or type(error).__name__
