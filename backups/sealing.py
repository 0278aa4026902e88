"""age encryption of streams, to public keys alone: who makes backups cannot read them (§14).

Both directions hold one chunk in memory. ``sealed`` and ``opened`` give something to read from, filled by a thread
through a pipe, since a storage and a program both want to read; what goes wrong in the thread is raised at its end,
before whoever reads can take it for whole.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import pyrage
from django.conf import settings
from django.core.files.base import File
from pyrage.x25519 import Identity, Recipient

from backups.problems import BackupProblem

CHUNK = 1024 * 1024
PATIENCE = 10  # seconds for the thread to notice that nobody reads any more


def recipients() -> list[Recipient]:
    """The public keys of BACKUP_RECIPIENTS. Raises BackupProblem when there is none, or one that is not."""
    named = _named()
    if not named:
        raise BackupProblem("no-recipients", "BACKUP_RECIPIENTS is not set: there is no key to encrypt backups to.")
    try:
        return [Recipient.from_str(text) for text in named]
    except pyrage.RecipientError:
        raise BackupProblem(
            "no-recipients", "BACKUP_RECIPIENTS must be public keys of age (age1…), parted by commas."
        ) from None


def fingerprints() -> list[str]:
    """What tells the recipients apart: 16 hexadecimal digits of the SHA-256 of each."""
    return [hashlib.sha256(text.encode()).hexdigest()[:16] for text in _named()]


def identities(path: Path | str | None = None) -> list[Identity]:
    """The secret keys in a file as ``age-keygen`` makes it, or in that of BACKUP_IDENTITY. Raises BackupProblem."""
    chosen = path or settings.BACKUP_IDENTITY
    if not chosen:
        raise BackupProblem("no-identity", "There is no secret key: give --identity, or set BACKUP_IDENTITY.")
    try:
        with open(chosen) as file:
            if os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise BackupProblem("no-identity", f"Others can read {chosen}: chmod 600 it.")
            lines = [line.strip() for line in file]
        found = [Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except OSError as error:
        raise BackupProblem("no-identity", f"{chosen} cannot be read: {error.strerror}.") from None
    except (pyrage.IdentityError, UnicodeDecodeError):
        raise BackupProblem("no-identity", f"{chosen} holds no secret key of age (AGE-SECRET-KEY-…).") from None
    if not found:
        raise BackupProblem("no-identity", f"{chosen} holds no secret key of age (AGE-SECRET-KEY-…).")
    return found


@contextmanager
def sealed(source: Any, to: Sequence[Recipient]) -> Iterator[File]:
    """Something to read: what ``source`` (with ``read``) holds, sealed for ``to``, as a file that a storage takes."""
    guarded = _Guarded(source)
    with _pumped(lambda pipe: pyrage.encrypt_io(guarded, pipe, list(to)), guarded) as file:
        yield file


@contextmanager
def opened(source: BinaryIO, by: Sequence[Identity]) -> Iterator[File]:
    """Something to read: what was sealed in ``source``. Raises BackupProblem at the first read, or where it breaks."""
    guarded = _Guarded(source)
    with _pumped(lambda pipe: _decrypt(guarded, pipe, by), guarded) as file:
        yield file


def open_into(source: BinaryIO, to: BinaryIO, by: Sequence[Identity]) -> None:
    """Write what was sealed in ``source`` to ``to``; what was written before a BackupProblem is not to be used."""
    guarded = _Guarded(source)
    try:
        _decrypt(guarded, to, by)
    except BackupProblem:
        if guarded.failure:
            raise guarded.failure from None
        raise


def _decrypt(source: Any, to: BinaryIO, by: Sequence[Identity]) -> None:
    try:
        pyrage.decrypt_io(source, to, list(by))
    except pyrage.DecryptError as error:
        if "No matching keys" in str(error):
            raise BackupProblem("foreign-key", "This backup was sealed for another key than the one given.") from None
        raise BackupProblem("damaged", "This sealed file is damaged, or none of age.") from None
    except BrokenPipeError:
        raise
    except OSError:
        raise BackupProblem("damaged", "This sealed file is damaged or cut off.") from None


class _Guarded:
    """A source whose own failure is remembered: the library tells of it in other words."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self.failure: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            return self._source.read(size)
        except BaseException as failure:
            self.failure = failure
            raise


class _Piped(File):
    """The reading end; at its end it waits for the thread, and raises what went wrong there."""

    def __init__(self, file: io.FileIO, finished: Callable[[], None]) -> None:
        super().__init__(file, "sealed")
        self._finished = finished

    def read(self, size: int = -1) -> bytes:
        if size is None or size < 0:
            return b"".join(self.chunks())
        chunk: bytes = self.file.read(size)  # type: ignore[union-attr]
        if not chunk and size:
            self._finished()
        return chunk

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        while chunk := self.read(chunk_size or CHUNK):
            yield chunk


@contextmanager
def _pumped(work: Callable[[BinaryIO], None], source: _Guarded) -> Iterator[File]:
    reading, writing = os.pipe()
    failure: list[BaseException] = []

    def pump() -> None:
        try:
            with os.fdopen(writing, "wb", buffering=CHUNK) as pipe:
                work(pipe)
        except BaseException as error:
            failure.append(source.failure or error)

    thread = threading.Thread(target=pump, name="age", daemon=True)

    def finished() -> None:
        thread.join()
        if failure:
            raise failure[0]

    thread.start()
    try:
        with io.FileIO(reading, "rb") as file:
            yield _Piped(file, finished)
    finally:  # with nobody who reads, the thread ends at its next write
        with suppress(RuntimeError):
            thread.join(PATIENCE)


def _named() -> list[str]:
    return [text.strip() for text in settings.BACKUP_RECIPIENTS.split(",") if text.strip()]
