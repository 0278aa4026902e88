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
    said = subprocess.check_output([sys.executable, "-m", "cannonworks.secrets"], text=True, env=clean)
    assert [line.partition("=")[0] for line in said.splitlines()] == list(secrets.NAMES)
    assert all(line.partition("=")[2][0] == line[-1] == "'" and line.count("'") == 2 for line in said.splitlines())
