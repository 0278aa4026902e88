"""What a backup is, signed: its parts with their digests, rows per table, the journal's root and the ledger's end.

It is written last, so there is a backup once there is a manifest; and it is signed as erasure statements are, so what
somebody put beside it is not one of ours.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile

from backups import vault
from backups.problems import BackupProblem
from backups.vault import Part
from cannonworks import signing
from cannonworks.errors import KeyUnavailable
from cannonworks.signing import NotProven

KIND, VERSION = "backup", 1
LARGEST = 4 * 1024 * 1024  # bytes; a manifest has some ten thousand
SINCE_A_FAILURE = {"not-json": "unreadable", "malformed": "unreadable", "other-key": "not-ours", "broken": "changed"}


@dataclass(frozen=True)
class Manifest:
    """One backup. ``made_at`` and moments with offset; digests and hashes in hexadecimal.

    ``parts`` by their file's name in the backup's folder; ``keys.age`` is among them, though it goes sooner than the
    rest. ``migrations``: the last of each app. ``rows``: per table of the database ("schema.table" outside public), the
    key store included, in the snapshot that was dumped. ``journal``: entries, and number and digest of the last sealed
    batch (0 and empty: none). ``ledger``: number and hash of its last line before the snapshot.
    """

    name: str
    made_at: str
    postgres: int
    migrations: Mapping[str, str]
    recipients: tuple[str, ...]
    parts: Mapping[str, Part]
    rows: Mapping[str, int]
    journal: Mapping[str, Any]
    ledger: Mapping[str, Any]
    files: int
    files_size: int

    @property
    def moment(self) -> datetime:
        """``made_at`` as a moment."""
        return datetime.fromisoformat(self.made_at)

    @property
    def size(self) -> int:
        """Bytes of all its parts, without the files in the pool."""
        return sum(part.size for part in self.parts.values())


def write(manifest: Manifest) -> None:
    """Sign the manifest and put it in its place: from here on the backup is one."""
    body = {"kind": KIND, "version": VERSION, **json.loads(json.dumps(asdict(manifest)))}
    vault.put(f"{manifest.name}/{vault.MANIFEST}", ContentFile(signing.signed_text(body).encode() + b"\n"))


def read(name: str) -> Manifest:
    """The manifest of a backup in the vault. Raises BackupProblem: missing, unreadable, changed, not ours, version."""
    vault.made_at(name)
    path = f"{name}/{vault.MANIFEST}"
    if not vault.has(path):
        raise BackupProblem("missing", f"There is no backup {name}.")
    with vault.reading(path) as file:
        text = file.read(LARGEST + 1)
    found = parsed(text)
    if found.name != name:
        raise BackupProblem("changed", f"The manifest in {name} is that of {found.name}.")
    return found


def parsed(text: bytes) -> Manifest:
    """The manifest in this text, its signature proven by this installation's key. Raises BackupProblem."""
    try:
        body = signing.verify(signing.parse(text), signing.public_key())
    except NotProven as error:
        code = SINCE_A_FAILURE.get(error.code, "unreadable")
        raise BackupProblem(code, f"The manifest is not proven: {error.message}.") from None
    except KeyUnavailable as error:
        raise BackupProblem("no-key", str(error)) from None
    if body.get("kind") != KIND:
        raise BackupProblem("not-ours", "This is signed by us, and no manifest of a backup.")
    if body.get("version") != VERSION:
        raise BackupProblem("version", f"The manifest has version {body.get('version')}, and only {VERSION} is known.")
    fields = {key: value for key, value in body.items() if key not in ("kind", "version")}
    try:
        parts = {name: Part(**part) for name, part in fields.pop("parts").items()}
        return Manifest(**{**fields, "parts": parts, "recipients": tuple(fields["recipients"])})
    except (TypeError, KeyError, AttributeError) as error:
        raise BackupProblem("unreadable", f"The manifest cannot be read: {error}.") from None


def check_parts(manifest: Manifest, *, without: tuple[str, ...] = (vault.KEYS,)) -> None:
    """Read every part but these and compare it with the manifest. Raises BackupProblem: missing, truncated, changed."""
    for name, part in manifest.parts.items():
        if name not in without:
            vault.check(f"{manifest.name}/{name}", part)
