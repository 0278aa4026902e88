"""Returns of data in any state, as the services and the worker leave them; and what an archive has in it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from accounts.models import Account
from cannonworks import isolation
from rights import making, returning
from rights.models import DataReturn
from rights.states import ReturnState


def asked(account: Account, *, at: datetime) -> DataReturn:
    """A return that waits for a worker."""
    with isolation.acting_as(isolation.JOBS):
        return returning.ask_return(account, actor=account.main_user, at=at)


def made(found: DataReturn) -> DataReturn:
    """The same once the worker made it."""
    with isolation.acting_as(isolation.JOBS):
        making.run(found.pk)
    found.refresh_from_db()
    return found


def ready(account: Account, *, at: datetime) -> DataReturn:
    """A return that is there to be taken."""
    return made(asked(account, at=at))


def in_state(account: Account, state: str, *, at: datetime) -> DataReturn:
    """A return that came into ``state``, by the services."""
    found = asked(account, at=at)
    with isolation.acting_as(isolation.JOBS):
        if state in (ReturnState.READY, ReturnState.EXPIRED):
            made(found)
        if state == ReturnState.STOPPED:
            making.give_up(found.pk, "failed")
        if state == ReturnState.CANCELLED:
            returning.cancel_return(found, actor=account.main_user)
        if state == ReturnState.RUNNING:
            DataReturn.objects.filter(pk=found.pk).update(state=state, rows_done=30, rows_total=120)
        if state == ReturnState.EXPIRED:
            found.refresh_from_db()
            returning.expire(at=found.expires_at)
    found.refresh_from_db()
    return found


def opened(pieces: Iterable[bytes]) -> tuple[zipfile.ZipFile, dict[str, Any]]:
    """An archive and its manifest, by which every file in it was checked."""
    archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    assert archive.testzip() is None
    manifest = json.loads(archive.read("manifest.json"))
    listed = {file["name"]: file for file in manifest["files"]}
    assert {*archive.namelist()} == {*listed, "manifest.json"}
    for name, file in listed.items():
        text = archive.read(name)
        assert (len(text), hashlib.sha256(text).hexdigest()) == (file["bytes"], file["sha256"]), name
    return archive, manifest
