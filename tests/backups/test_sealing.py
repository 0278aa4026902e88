"""age streams: sealed to public keys, opened by secret ones, and nothing in between taken for whole."""

from __future__ import annotations

import io
import os

import pytest
from django.conf import settings
from pyrage.x25519 import Identity

from backups import sealing
from backups.problems import BackupProblem

TEXT = os.urandom(3_000_001)


@pytest.fixture
def pair(tmp_path):
    made = Identity.generate()
    path = tmp_path / "identity"
    path.write_text(f"# public key: {made.to_public()}\n{made}\n")
    path.chmod(0o600)
    settings.BACKUP_RECIPIENTS, settings.BACKUP_IDENTITY = str(made.to_public()), str(path)
    return path


def sealed(text=TEXT):
    with sealing.sealed(io.BytesIO(text), sealing.recipients()) as file:
        return file.read()


@pytest.mark.clause("14")
def test_what_was_sealed_opens_with_the_secret_key_alone(pair):
    found = sealed()
    assert TEXT[:64] not in found
    with sealing.opened(io.BytesIO(found), sealing.identities()) as file:
        assert b"".join(file.chunks()) == TEXT
    into = io.BytesIO()
    sealing.open_into(io.BytesIO(found), into, sealing.identities(pair))
    assert into.getvalue() == TEXT


def test_every_recipient_opens_it(pair, tmp_path):
    other = Identity.generate()
    settings.BACKUP_RECIPIENTS += f", {other.to_public()}"
    found = sealed(b"text")
    for identity in (*sealing.identities(), other):
        with sealing.opened(io.BytesIO(found), [identity]) as file:
            assert file.read() == b"text"
    assert len(sealing.fingerprints()) == 2


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda raw: raw[:-1], "damaged"),
        (lambda raw: raw[: len(raw) // 2], "damaged"),
        (lambda raw: raw[:20], "damaged"),
        (lambda raw: b"", "damaged"),
        (lambda raw: b"something else" * 100, "damaged"),
        (lambda raw: raw[:1_000_000] + bytes([raw[1_000_000] ^ 1]) + raw[1_000_001:], "damaged"),
    ],
)
def test_what_was_changed_or_cut_off_does_not_open(pair, spoil, code):
    broken = spoil(sealed())
    with pytest.raises(BackupProblem) as caught, sealing.opened(io.BytesIO(broken), sealing.identities()) as file:
        file.read()
    assert (caught.value.code, "\n" in caught.value.message) == (code, False)
    with pytest.raises(BackupProblem) as caught:
        sealing.open_into(io.BytesIO(broken), io.BytesIO(), sealing.identities())
    assert caught.value.code == code


def test_a_key_of_somebody_else_says_so(pair):
    found = sealed()
    with pytest.raises(BackupProblem) as caught, sealing.opened(io.BytesIO(found), [Identity.generate()]) as file:
        file.read()
    assert caught.value.code == "foreign-key"


def test_a_source_that_fails_half_way_is_never_taken_for_whole(pair):
    class Failing(io.RawIOBase):
        left = 3

        def read(self, size=-1):
            self.left -= 1
            if self.left < 0:
                raise BackupProblem("pg-dump", "pg_dump failed: no more")
            return b"x" * 8192

    with pytest.raises(BackupProblem, match="no more"), sealing.sealed(Failing(), sealing.recipients()) as file:
        file.read()


def test_who_stops_reading_leaves_no_thread_behind(pair):
    import threading

    with sealing.sealed(io.BytesIO(TEXT), sealing.recipients()) as file:
        file.read(10)
    assert "age" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize("text", ["", " , "])
def test_without_a_recipient_nothing_is_sealed(text):
    settings.BACKUP_RECIPIENTS = text
    with pytest.raises(BackupProblem, match="BACKUP_RECIPIENTS is not set"):
        sealing.recipients()


def test_a_recipient_or_identity_that_is_none_is_told_without_repeating_it(tmp_path):
    settings.BACKUP_RECIPIENTS = "age1wrong"
    with pytest.raises(BackupProblem) as caught:
        sealing.recipients()
    assert "age1wrong" not in caught.value.message
    path = tmp_path / "identity"
    path.write_text("AGE-SECRET-KEY-1WRONG")
    with pytest.raises(BackupProblem, match="Others can read"):
        path.chmod(0o644)
        sealing.identities(path)
    path.chmod(0o600)
    with pytest.raises(BackupProblem) as caught:
        sealing.identities(path)
    assert "1WRONG" not in caught.value.message
    path.write_text("# nothing\n")
    with pytest.raises(BackupProblem, match="holds no secret key"):
        sealing.identities(path)
    with pytest.raises(BackupProblem, match="cannot be read"):
        sealing.identities(tmp_path / "nowhere")
