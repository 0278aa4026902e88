"""Files of accounts: encrypted in chunks under the account's own data key, in a folder of the account's own (§6, §7).

A file lies at ``FILES_DIR/<account reference>/<category>/<random name>``; no name that a user gave is ever part of a
path. It begins with four bytes that tell the format, and 32 random ones from which, with the data key, the account and
the name, its own key is derived. Each chunk of 64 KiB is sealed (AES-256-GCM) under that key, its number and whether it
is the last being the nonce: a chunk that was changed, moved, left out or put into another file, and a file that was cut
off, do not open. Reading and writing hold one chunk in memory, however long the file is.

With the data key the files are destroyed too, in backups as well; a hold on a category keeps its files with its rows.
"""

from __future__ import annotations

import io
import os
import re
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files import File
from django.core.files.storage import Storage
from django.db import models
from django.utils.deconstruct import deconstructible

from cannonworks import datamap
from cannonworks.encryption import context
from cannonworks.errors import KeyUnavailable

CHUNK = 64 * 1024
TAG = 16
SEALED_CHUNK = CHUNK + TAG
#: Files that a disk is asked for at once to write.
SIDE_BY_SIDE = 8
MAGIC = b"CWF1"
SALT = 32
HEADER = len(MAGIC) + SALT
REFERENCE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NAME = re.compile(rf"(?P<account>{REFERENCE.pattern})/(?P<category>[a-z]+)/[0-9a-f]{{32}}")
#: Stands in the folder of files once that is ready: without it, a disk that is not mounted would look like no files.
MARK = "files-are-here"

#: How to get the data key of an account: its reference, and whether something is to be written. Set by ``accounts``.
KeyOf = Callable[[str, bool], bytes]
_key_of: list[KeyOf] = []


class FilesUnavailable(OSError):
    """The folder of files is not there; nothing can be said about what is in it."""


class FilesStuck(Exception):
    """Something in the folder of one account cannot be read or removed."""


def keys_come_from(key_of: KeyOf) -> None:
    """Say where data keys come from: the kernel knows no accounts."""
    _key_of[:] = [key_of]


def is_reference(name: str) -> bool:
    """Whether this can be the reference of an account."""
    return REFERENCE.fullmatch(name) is not None


def new_name(account: str, category: str) -> str:
    """A random name for a new file of this account (its reference) in this category of data."""
    return f"{account}/{category}/{uuid4().hex}"


@deconstructible
class SealedStorage(Storage):
    """Django's interface to the files of accounts; see the module. They have no address: views stream them."""

    def writing(self, name: str) -> AbstractContextManager[_Writer]:
        """Open a new file for writing as a context: ``with … as file: file.write(bytes)``; there when that ends well.

        To be used in a transaction, which keeps an erasure of the account waiting. Raises Refused when the account is
        being erased, KeyUnavailable when its key is gone, FilesUnavailable when the folder of files is not there.
        """
        return _writing(name)

    def draft(self, name: str) -> Draft:
        """Begin a file that takes long to write, in a short transaction; what was begun under this name is dropped.

        It is written while no transaction keeps an erasure of the account waiting, and ``Draft.finish`` looks again.
        Raises as ``writing`` does.
        """
        return self.drafts([name])[0]

    def drafts(self, names: Collection[str]) -> list[Draft]:
        """The same for several files, of which the key of each account is asked for once."""
        keys = {account: _key_of[0](account, True) for account in set(map(_account, names))}
        return [Draft(name, keys[_account(name)]) for name in names]

    def _save(self, name: str, content: File) -> str:
        with self.writing(name) as file:
            for chunk in content.chunks():
                file.write(chunk)
        return name

    def _open(self, name: str, mode: str = "rb") -> File:
        """Open for reading, also from anywhere in the middle; KeyUnavailable at once when the end is cut off."""
        if mode != "rb":
            raise ValueError("Files are written once and then only read.")
        account = _account(name)
        file = _path(name).open("rb")
        try:
            reader = _Reader(file, _key_of[0](account, False), name)
        except BaseException:
            file.close()
            raise
        return File(io.BufferedReader(reader, buffer_size=CHUNK), name)

    def delete(self, name: str) -> None:
        """Remove the file, and what was begun of it; nothing happens when it is not there."""
        _path(name).unlink(missing_ok=True)
        _path(name).with_suffix(".part").unlink(missing_ok=True)

    def exists(self, name: str) -> bool:
        return _path(name).exists()

    def size(self, name: str) -> int:
        """Its length in bytes before encryption."""
        return _measure(_path(name).stat().st_size)[1]


sealed = SealedStorage()


class AccountFileField(models.FileField):
    """A file of the row's account, in the folder of the model's category; both are found through the data map."""

    def __init__(self, verbose_name: Any = None, name: str | None = None, **options: Any) -> None:
        super().__init__(verbose_name, name, **{**options, "storage": sealed, "upload_to": _place, "max_length": 100})

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, path, args, options = super().deconstruct()
        return name, path, args, {k: v for k, v in options.items() if k not in ("storage", "upload_to", "max_length")}


def _place(row: models.Model, _name_of_the_user: str) -> str:
    entry = datamap.entry(type(row))
    owner: Any = row
    for part in entry.account.split("__"):
        owner = getattr(owner, part)
    assert entry.category is not None  # noqa: S101  the data map refuses the model otherwise
    return new_name(str(getattr(owner, "reference", owner)), entry.category.value)


# --- All files of an account: for erasure, re-scan and alarms ------------------------------------------------------


def prepare(**_signal: object) -> None:
    """Make the folder of files, for its owner alone; after each ``migrate``, and idempotent."""
    folder = Path(settings.FILES_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    (folder / MARK).touch(mode=0o600)


def with_folder(accounts: Iterable[str]) -> set[str]:
    """Those of the accounts that have a folder at all: one look at the disk for each. Raises FilesUnavailable."""
    root = f"{_root()}{os.sep}"
    return {account for account in accounts if os.path.lexists(root + account)}


def count_files(account: str, categories: Collection[str]) -> dict[str, int]:
    """How many files an account has in each of these categories; those without any are left out.

    Raises FilesUnavailable or FilesStuck when that cannot be told, which is not zero.
    """
    folder = _root() / account
    with _stuck(account):
        found = {str(category): _count(folder / category) for category in categories}
    return {category: count for category, count in found.items() if count}


def erase_files(account: str, categories: Collection[str]) -> None:
    """Remove the folders of these categories and, once it is empty, the account's; may be done again half-way.

    On disk when this returns. Raises FilesUnavailable or FilesStuck.
    """
    folder = _root() / account
    with _stuck(account):
        for category in categories:
            with suppress(FileNotFoundError):
                shutil.rmtree(folder / category)
        with suppress(FileNotFoundError):
            _sync(folder)
            if not any(folder.iterdir()):
                folder.rmdir()
        _sync(folder.parent)


def folders() -> Iterator[tuple[str, list[str]]]:
    """Every folder in the folder of files by its name, an account's reference, with its categories."""
    with os.scandir(_root()) as found:
        for folder in found:
            if folder.name != MARK:
                yield folder.name, sorted(os.listdir(folder.path)) if folder.is_dir(follow_symlinks=False) else []


def names() -> Iterator[str]:
    """Every finished file by its name, in order of account, category and name. Raises FilesUnavailable."""
    root = _root()
    for account in sorted(filter(is_reference, os.listdir(root))):
        for category in sorted(_entries(root / account)):
            for file in sorted(_entries(root / account / category)):
                if NAME.fullmatch(name := f"{account}/{category}/{file}"):
                    yield name


def _entries(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):  # erased meanwhile, or no folder
        return []


def open_sealed(name: str) -> BinaryIO:
    """The file as it lies on the disk, encrypted, for a backup. FileNotFoundError when it was erased meanwhile."""
    return _path(name).open("rb")


def _root() -> Path:
    root = Path(settings.FILES_DIR)
    if not (root / MARK).exists():
        raise FilesUnavailable(f"The folder of files {root} is not there: mount it, or make it with migrate.")
    return root


@contextmanager
def _stuck(account: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FilesStuck(f"files: {error.strerror}") from error


def _count(folder: Path) -> int:
    try:
        return sum(len(files) for _folder, _folders, files in os.walk(folder, onerror=_raise))
    except FileNotFoundError:
        return 0


def _raise(error: OSError) -> None:
    raise error


def _account(name: str) -> str:
    if not (found := NAME.fullmatch(name)):
        raise SuspiciousFileOperation("This is no name of a file of an account.")
    return found["account"]


def _path(name: str) -> Path:
    _account(name)
    return _root() / name


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- The format ----------------------------------------------------------------------------------------------------


def _cipher(data_key: bytes, salt: bytes, name: str) -> AESGCM:
    # The file's own key, so that numbers can be nonces; the name has the account and the category in it.
    info = context("file", _account(name), name)
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(data_key))


def _nonce(number: int, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if is_last else b"\x00")


def _measure(stored: int) -> tuple[int, int]:
    """(number of the last chunk, length of the text) of a file of ``stored`` bytes. KeyUnavailable: no such length."""
    whole, rest = divmod(stored - HEADER, SEALED_CHUNK)
    last = whole if rest else whole - 1
    if last < 0 or 0 < rest < TAG:
        raise KeyUnavailable("The file is damaged.")
    return last, stored - HEADER - TAG * (last + 1)


class _Writer:
    """Takes bytes in pieces of any length and seals them in chunks; the last one is known when there is no more."""

    def __init__(self, file: BinaryIO, data_key: bytes, name: str) -> None:
        salt = os.urandom(SALT)
        self._file, self._cipher, self._number = file, _cipher(data_key, salt, name), 0
        self._waiting = bytearray()
        file.write(MAGIC + salt)

    def write(self, data: bytes) -> int:
        """Seal what is more than a chunk, and keep the rest, at least a byte of it: that may be the end."""
        view, start = memoryview(data), 0
        if self._waiting:
            start = min(CHUNK - len(self._waiting), len(data))
            self._waiting += view[:start]
            if start == len(data):
                return start
            self._file.write(self._sealed(bytes(self._waiting), is_last=False))
            self._waiting.clear()
        while len(data) - start > CHUNK:
            self._file.write(self._sealed(view[start : start + CHUNK], is_last=False))
            start += CHUNK
        self._waiting += view[start:]
        return len(data)

    def finish(self) -> None:
        self._file.write(self._sealed(bytes(self._waiting), is_last=True))

    def _sealed(self, chunk: bytes | memoryview, *, is_last: bool) -> bytes:
        sealed = self._cipher.encrypt(_nonce(self._number, is_last), chunk, None)
        self._number += 1
        return sealed


@contextmanager
def _writing(name: str) -> Iterator[_Writer]:
    account, path = _account(name), _path(name)
    data_key = _key_of[0](account, True)
    for folder in (path.parent.parent, path.parent):
        folder.mkdir(mode=0o700, exist_ok=True)
    if path.exists():
        raise FileExistsError("A file is written once.")
    draft = path.with_suffix(".part")
    try:
        with draft.open("xb") as file:
            writer = _Writer(file, data_key, name)
            yield writer
            writer.finish()
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    for folder in (path.parent, *path.parent.parents[:2]):  # the folders may be new as well
        _sync(folder)


class Draft:
    """A file that is not there yet. One process at a time writes under a name: the caller sees to that."""

    def __init__(self, name: str, data_key: bytes) -> None:
        self.name, self._path = name, _path(name)
        self._part = self._path.with_suffix(".part")
        for folder in (self._path.parent.parent, self._path.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        self._part.unlink(missing_ok=True)
        self._path.unlink(missing_ok=True)
        self._file = self._part.open("xb")
        self._writer = _Writer(self._file, data_key, name)
        self.write = self._writer.write

    def settle(self) -> None:
        """Write the end, and have all of it on disk; slow, and so without a transaction."""
        self._writer.finish()
        self._file.flush()
        os.fsync(self._file.fileno())

    def finish(self) -> None:
        """Give the settled file its name; see the function ``finish``."""
        finish([self])

    def _rename(self) -> set[Path]:
        """The folders that changed."""
        if os.fstat(self._file.fileno()).st_ino != self._part.stat().st_ino:
            raise FileNotFoundError("Another process has begun this file anew.")
        self._file.close()
        self._part.rename(self._path)
        return {self._path.parent, *self._path.parent.parents[:2]}

    def discard(self) -> None:
        """Leave nothing of it; harmless once it is finished."""
        if not self._file.closed:
            self._part.unlink(missing_ok=True)
            self._file.close()


def settle(drafts: Collection[Draft]) -> None:
    """Settle all of these: side by side, for a disk that is asked for many at once writes them in few turns."""
    with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        for settled in [threads.submit(draft.settle) for draft in drafts]:
            settled.result()


def finish(drafts: Collection[Draft]) -> None:
    """Give settled files their names, in the transaction that tells of them. Raises as ``SealedStorage.writing``.

    FileNotFoundError when one was erased, or begun anew by another, in between.
    """
    for account in {_account(draft.name) for draft in drafts}:
        _key_of[0](account, True)  # from here on no erasure begins before the transaction is over
    for folder in sorted(set[Path]().union(*(draft._rename() for draft in drafts)), reverse=True):
        _sync(folder)


class _Reader(io.RawIOBase):
    """The text of a sealed file; one chunk of it is in memory."""

    def __init__(self, file: BinaryIO, data_key: bytes, name: str) -> None:
        self._file, self._at = file, 0
        self._last, self._length = _measure(os.fstat(file.fileno()).st_size)
        header = file.read(HEADER)
        if header[: len(MAGIC)] != MAGIC:
            raise KeyUnavailable("The file is damaged.")
        self._cipher = _cipher(data_key, header[len(MAGIC) :], name)
        self._open(self._last)  # whether the end is the end is known before anything is given away

    def _open(self, number: int) -> None:
        self._file.seek(HEADER + number * SEALED_CHUNK)
        try:
            nonce = _nonce(number, number == self._last)
            self._chunk = self._cipher.decrypt(nonce, self._file.read(SEALED_CHUNK), None)
        except InvalidTag as error:
            raise KeyUnavailable("The file is damaged, or does not belong to this place.") from error
        self._number = number

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._length:
            return 0
        number, offset = divmod(self._at, CHUNK)
        if number != self._number:
            self._open(number)
        piece = self._chunk[offset : offset + len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._length}[whence]
        if start + offset < 0:
            raise ValueError("There is nothing before the beginning.")
        self._at = start + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def close(self) -> None:
        self._file.close()
        super().close()
