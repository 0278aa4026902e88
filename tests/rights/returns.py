"""Returns of data: asked for, made and taken, and what is in them."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.models import Account
from cannonworks.deadlines import AMSTERDAM
from rights import returning
from rights.models import DataReturn

ASKED_AT = datetime(2026, 11, 20, 9, 0, tzinfo=AMSTERDAM)


def asked(account: Account, *, at: datetime | None = None) -> DataReturn:
    """A return that the main user asked for; nobody has made anything of it yet."""
    return returning.ask_return(account, actor=account.main_user, at=at or timezone.now())


def made(account: Account, *, at: datetime | None = None) -> DataReturn:
    """The same, made to its end."""
    found = asked(account, at=at)
    returning.run(found.pk)
    found.refresh_from_db()
    assert (found.state, found.why) == ("ready", "")
    return found


def content(found: DataReturn) -> bytes:
    """The archive as it is downloaded."""
    archive = returning.archive(found)
    data = b"".join(archive.pieces)
    assert len(data) == archive.length
    return data


def opened(found: DataReturn) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(content(found)))


def json_rows(archive: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in archive.read(name).decode().split("\n")[:-1]]


def csv_rows(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"), newline=""), delimiter=";"))


def stored() -> list[Path]:
    """Every file under the folder of files."""
    return [path for path in Path(settings.FILES_DIR).rglob("*") if path.is_file() and path.name != "files-are-here"]
