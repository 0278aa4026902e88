"""The vault and its manifests: written, read back, and nothing that was touched passes for a backup."""

from __future__ import annotations

import errno
import io
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.core.files.base import ContentFile

from backups import manifest, vault
from backups.manifest import Manifest
from backups.problems import BackupProblem
from backups.vault import Part
from cannonworks import signing

AT = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)


def made(name="", **more):
    name = name or vault.new_name(AT)
    part = vault.put(f"{name}/{vault.DATABASE}", ContentFile(b"sealed"))
    found = Manifest(
        name=name, made_at=AT.isoformat(), postgres=15, migrations={"journal": "0001"}, recipients=("ab",),
        parts={vault.DATABASE: part}, rows={"accounts_account": 3}, journal={"entries": 1}, ledger={"number": 0},
        files=0, files_size=0,
    )  # fmt: skip
    return replace(found, **more)


@pytest.mark.clause("14")
def test_what_has_no_manifest_is_no_backup():
    one = made()
    assert (vault.names(), vault.newest(), vault.unfinished()) == ([], None, [one.name])
    manifest.write(one)
    assert (vault.names(), vault.newest(), vault.unfinished()) == ([one.name], one.name, [])
    assert manifest.read(one.name) == one
    manifest.check_parts(one)


def test_a_name_tells_the_moment():
    assert vault.made_at(vault.new_name(AT)) == AT
    with pytest.raises(BackupProblem):
        vault.made_at("../../etc")


def test_only_the_owner_can_enter_the_folder():
    one = made()
    path = settings.BACKUPS_DIR / one.name
    assert [entry.stat().st_mode & 0o777 for entry in (settings.BACKUPS_DIR, path, path / vault.DATABASE)] == [
        0o700, 0o700, 0o600
    ]  # fmt: skip


def spoiled(one, change):
    path = settings.BACKUPS_DIR / one.name / vault.MANIFEST
    envelope = json.loads(path.read_text())
    change(envelope)
    path.write_text(json.dumps(envelope))


def test_a_manifest_that_was_touched_is_refused():
    one = made()
    manifest.write(one)
    spoiled(one, lambda envelope: envelope["statement"]["rows"].update(accounts_account=2))
    with pytest.raises(BackupProblem) as caught:
        manifest.read(one.name)
    assert caught.value.code == "changed"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"kind": "erasure-statement", "version": 1}, "not-ours"),
        ({"kind": "backup", "version": 2}, "version"),
        ({"kind": "backup", "version": 1}, "unreadable"),
        ({"kind": "backup", "version": 1, "parts": 3}, "unreadable"),
    ],
)
def test_what_is_signed_and_is_no_manifest_we_know_is_refused(body, code):
    with pytest.raises(BackupProblem) as caught:
        manifest.parsed(signing.signed_text(body).encode())
    assert caught.value.code == code


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff", b'{"statement": {}}'])
def test_what_is_no_signed_text_is_refused(text):
    with pytest.raises(BackupProblem) as caught:
        manifest.parsed(text)
    assert caught.value.code == "unreadable"


def test_a_manifest_of_another_installation_is_refused():
    one = made()
    manifest.write(one)
    settings.STATEMENT_SIGNING_KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    with pytest.raises(BackupProblem) as caught:
        manifest.read(one.name)
    assert caught.value.code == "not-ours"


def test_a_manifest_of_another_backup_is_refused():
    one, other = made(), made()
    manifest.write(one)
    text = (settings.BACKUPS_DIR / one.name / vault.MANIFEST).read_bytes()
    vault.put(f"{other.name}/{vault.MANIFEST}", ContentFile(text))
    with pytest.raises(BackupProblem, match="is that of"):
        manifest.read(other.name)


@pytest.mark.parametrize(
    ("raw", "code"), [(None, "missing"), (b"seal", "truncated"), (b"seaLed", "changed"), (b"sealed!", "changed")]
)
def test_a_part_is_compared_byte_for_byte(raw, code):
    one = made()
    path = settings.BACKUPS_DIR / one.name / vault.DATABASE
    path.unlink() if raw is None else path.write_bytes(raw)
    with pytest.raises(BackupProblem) as caught:
        manifest.check_parts(one)
    assert caught.value.code == code


def test_a_full_disk_leaves_nothing(monkeypatch):
    class Full(io.BytesIO):
        def read(self, size=-1):
            raise OSError(errno.ENOSPC, "No space left on device")

    from django.core.files.base import File

    with pytest.raises(BackupProblem, match="No space left on device"):
        vault.put("20261123T013000Z-00000000/x", File(Full(b"x")))
    assert vault.listed("20261123T013000Z-00000000") == ([], [])
    assert not list(settings.BACKUPS_DIR.rglob("*.part"))


def test_what_does_not_read_as_it_was_written_is_no_part(monkeypatch):
    monkeypatch.setattr(vault, "measure", lambda path: Part(0, ""))
    with pytest.raises(BackupProblem) as caught:
        vault.put("20261123T013000Z-00000000/x", ContentFile(b"x"))
    assert (caught.value.code, vault.has("20261123T013000Z-00000000/x")) == ("not-as-written", False)


def test_a_backup_is_removed_with_all_that_is_in_its_folder():
    one = made()
    manifest.write(one)
    (settings.BACKUPS_DIR / one.name / "left.part").touch()
    vault.remove_backup(one.name)
    vault.remove_backup(one.name)
    assert list(settings.BACKUPS_DIR.iterdir()) == []


def test_another_folder_can_be_the_vault(tmp_path):
    one = made()
    manifest.write(one)
    settings.BACKUPS_DIR.rename(tmp_path / "brought")
    assert vault.names() == []
    with vault.elsewhere(tmp_path / "brought"):
        assert vault.names() == [one.name]
