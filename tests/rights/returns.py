"""Returns of data in any state, as the services and the worker leave them; and what an archive has in it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.models import Account
from cannonworks import isolation
from cannonworks.deadlines import AMSTERDAM
from rights import making, returning
from rights.models import DataReturn
from rights.states import ReturnState

ASKED_AT = datetime(2026, 11, 20, 9, 0, tzinfo=AMSTERDAM)


def asked(account: Account, *, at: datetime | None = None) -> DataReturn:
    """A return that the main user asked for, and that waits for a worker."""
    with isolation.acting_as(isolation.JOBS):
        return returning.ask_return(account, actor=account.main_user, at=at or timezone.now())


def run(found: DataReturn) -> DataReturn:
    """The same once the worker made it."""
    with isolation.acting_as(isolation.JOBS):
        returning.run(found.pk)
    found.refresh_from_db()
    assert (found.state, found.why) == (ReturnState.READY, "")
    return found


def made(account: Account, *, at: datetime | None = None) -> DataReturn:
    """A return that is there to be taken."""
    return run(asked(account, at=at))


def in_state(account: Account, state: str, *, at: datetime) -> DataReturn:
    """A return that came into ``state``, by the services."""
    found = asked(account, at=at)
    with isolation.acting_as(isolation.JOBS):
        if state in (ReturnState.READY, ReturnState.EXPIRED):
            run(found)
        if state == ReturnState.STOPPED:
            making.give_up(found.pk, "failed")
        if state == ReturnState.CANCELLED:
            returning.cancel_return(found, actor=account.main_user)
        if state == ReturnState.RUNNING:
            DataReturn.objects.filter(pk=found.pk).update(state=state, rows_done=30, rows_total=120)
        if state == ReturnState.EXPIRED:
            returning.expire(at=found.expires_at)
    found.refresh_from_db()
    return found


def content(found: DataReturn) -> bytes:
    """The archive as it is downloaded."""
    archive = returning.archive(found)
    data = b"".join(archive.pieces)
    assert len(data) == archive.length
    return data


def opened(found: DataReturn) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(content(found)))


def checked(pieces: Iterable[bytes]) -> tuple[zipfile.ZipFile, dict[str, Any]]:
    """An archive that somebody got, and its manifest, by which every file in it was checked."""
    archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    assert archive.testzip() is None
    manifest = json.loads(archive.read("manifest.json"))
    listed = {file["name"]: file for file in manifest["files"]}
    assert {*archive.namelist()} == {*listed, "manifest.json"}
    for name, file in listed.items():
        text = archive.read(name)
        assert (len(text), hashlib.sha256(text).hexdigest()) == (file["bytes"], file["sha256"]), name
    return archive, manifest


def json_rows(archive: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in archive.read(name).decode().split("\n")[:-1]]


def csv_rows(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"), newline=""), delimiter=";"))


def stored() -> list[Path]:
    """Every file under the folder of files."""
    return [path for path in Path(settings.FILES_DIR).rglob("*") if path.is_file() and path.name != "files-are-here"]
