"""Secrets: from the environment, or made once and never twice for a machine of one's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ImproperlyConfigured

from cannonworks import secrets
from cannonworks.encryption import Keyring


@pytest.fixture(autouse=True)
def _nothing_given(monkeypatch):
    for name in secrets.NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)


def test_in_production_a_missing_secret_is_an_error_that_names_it(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "x")
    with pytest.raises(ImproperlyConfigured, match="Not set: KEY_ENCRYPTION_KEYS, LOOKUP_KEY, STATEMENT_SIGNING_KEY"):
        secrets.load(None)


def test_an_empty_secret_is_a_missing_one(monkeypatch):
    for name in secrets.NAMES:
        monkeypatch.setenv(name, "" if name == "LOOKUP_KEY" else "x")
    with pytest.raises(ImproperlyConfigured, match="Not set: LOOKUP_KEY"):
        secrets.load(None)


def test_with_all_of_them_in_the_environment_no_file_is_made(monkeypatch, tmp_path):
    given = {name: f"value of {name}" for name in secrets.NAMES}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert secrets.load(tmp_path) == secrets.load(None) == given
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def file(tmp_path, monkeypatch):
    """A file with keys, for its owner alone, and everything else given."""
    path = tmp_path / "keys"
    path.write_text("new:xyz\nold:abc\n")
    path.chmod(0o600)
    for name in secrets.NAMES:
        monkeypatch.setenv(name, "x")
    monkeypatch.delenv("KEY_ENCRYPTION_KEYS")
    monkeypatch.setenv("KEY_ENCRYPTION_KEYS_FILE", str(path))
    return path


@pytest.mark.clause("7")
def test_a_secret_can_stand_in_a_file_of_its_own(file):
    assert secrets.load(None)["KEY_ENCRYPTION_KEYS"] == "new:xyz\nold:abc"


@pytest.mark.clause("7")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o602, 0o620, 0o601])
def test_a_file_that_others_can_reach_is_refused(file, mode):
    file.chmod(mode)
    with pytest.raises(ImproperlyConfigured, match="KEY_ENCRYPTION_KEYS_FILE: others can read .*chmod 600") as caught:
        secrets.load(None)
    assert "xyz" not in str(caught.value)


@pytest.mark.parametrize(
    ("write", "said"),
    [(b"", "is empty"), (b" \n", "is empty"), (b"\xff\xfe", "it is not text"), (None, "No such file")],
)
def test_a_file_that_is_not_there_or_says_nothing_is_an_error(file, write, said):
    file.unlink() if write is None else file.write_bytes(write)
    with pytest.raises(ImproperlyConfigured, match=said):
        secrets.load(None)


def test_a_secret_given_twice_is_an_error(file, monkeypatch):
    monkeypatch.setenv("KEY_ENCRYPTION_KEYS", "x")
    with pytest.raises(ImproperlyConfigured, match="Set KEY_ENCRYPTION_KEYS or KEY_ENCRYPTION_KEYS_FILE, not both"):
        secrets.load(None)


def test_a_machine_of_ones_own_makes_them_once_for_its_owner_alone(tmp_path, monkeypatch):
    first = secrets.load(tmp_path / "local")
    assert secrets.load(tmp_path / "local") == first
    file = tmp_path / "local" / "secrets.json"
    assert (file.stat().st_mode & 0o777, list(file.parent.iterdir())) == (0o600, [file])
    monkeypatch.setenv("LOOKUP_KEY", "mine")
    assert secrets.load(tmp_path / "local") == {**first, "LOOKUP_KEY": "mine"}
    assert json.loads(file.read_text()) == first


def test_of_many_first_users_all_read_the_same(tmp_path):
    program = "import json, sys, pathlib; from cannonworks import secrets; print(json.dumps(secrets.load(pathlib.Path(sys.argv[1]))))"

    def start(_n):
        return subprocess.check_output([sys.executable, "-c", program, str(tmp_path)], text=True)

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(start, range(4)))) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.json"]


def test_what_is_made_can_be_used_and_is_never_the_same():
    made = secrets.generate()
    assert tuple(made) == secrets.NAMES
    assert len(Keyring.parse(made["KEY_ENCRYPTION_KEYS"]).keys["local-1"]) == 32
    assert not set(made.values()) & set(secrets.generate().values())


def test_they_print_as_lines_for_a_shell():
    clean = {name: value for name, value in os.environ.items() if name not in secrets.NAMES}
    done = subprocess.run(
        [sys.executable, "-m", "cannonworks.secrets"], text=True, env=clean, capture_output=True, check=True
    )
    said = done.stdout
    assert "AGE-SECRET-KEY-" not in said  # what backups are read with is in no file beside the others
    assert "AGE-SECRET-KEY-" in done.stderr
    assert [line.partition("=")[0] for line in said.splitlines()] == [*secrets.NAMES, "BACKUP_RECIPIENTS"]
    assert all(line.partition("=")[2][0] == line[-1] == "'" and line.count("'") == 2 for line in said.splitlines())


@pytest.mark.clause("14 backup")
def test_in_production_backups_need_a_public_key(monkeypatch):
    monkeypatch.delenv("BACKUP_RECIPIENTS", raising=False)
    with pytest.raises(ImproperlyConfigured, match="Not set: BACKUP_RECIPIENTS"):
        secrets.backup_pair(None)
    monkeypatch.setenv("BACKUP_RECIPIENTS", "age1abc")
    assert secrets.backup_pair(None) == ("age1abc", "")


@pytest.mark.clause("14 backup")
def test_a_machine_of_ones_own_gets_a_pair_once(monkeypatch, tmp_path):
    monkeypatch.delenv("BACKUP_RECIPIENTS", raising=False)
    public, path = first = secrets.backup_pair(tmp_path / "local")
    assert (public.startswith("age1"), secrets.backup_pair(tmp_path / "local") == first) == (True, True)
    assert (tmp_path / "local" / "backup-identity.txt").stat().st_mode & 0o777 == 0o600
    assert path == str(tmp_path / "local" / "backup-identity.txt")
