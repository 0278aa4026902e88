"""The ledger outside the database: a chain that shows every change, and survives a torn write (§14)."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from retention import ledger
from retention.ledger import BrokenLedger

pytestmark = pytest.mark.clause("14")


def lines() -> list[str]:
    return ledger.path().read_text().splitlines()


def broken() -> str:
    with pytest.raises(BrokenLedger) as caught:
        list(ledger.read())
    return str(caught.value)


def test_what_is_appended_is_read_back_in_order_each_naming_the_one_before():
    ledger.append([{"kind": "claimed", "account": "a"}, {"kind": "claimed", "account": "b"}])
    ledger.append([{"kind": "erased", "account": "a"}])
    ledger.append([])
    entries = list(ledger.read())
    assert [(e["number"], e["kind"], e["account"]) for e in entries] == [
        (1, "claimed", "a"),
        (2, "claimed", "b"),
        (3, "erased", "a"),
    ]
    hashes = [json.loads(line)["hash"] for line in lines()]
    assert [entry["before"] for entry in entries] == ["0" * 64, *hashes[:2]]


def test_an_empty_ledger_is_a_good_one():
    assert list(ledger.read()) == []
    ledger.append([{"kind": "claimed"}])
    assert ledger.path().stat().st_size > 0


@pytest.mark.parametrize("n", [0, 1, 2])
def test_a_changed_line_is_found(n):
    ledger.append([{"account": name} for name in "abc"])
    changed = lines()
    changed[n] = changed[n].replace(f'"account":"{"abc"[n]}"', '"account":"x"')
    ledger.path().write_text("\n".join(changed) + "\n")
    assert broken() == f"Line {n + 1} of the ledger was changed, or one before it removed."


@pytest.mark.parametrize("n", [0, 1])
def test_a_removed_line_is_found(n):
    ledger.append([{"account": name} for name in "abc"])
    ledger.path().write_text("\n".join(line for i, line in enumerate(lines()) if i != n) + "\n")
    assert broken() == f"Line {n + 1} of the ledger was changed, or one before it removed."


@pytest.mark.parametrize(
    "line", ["not json", "[]", "{}", "null", '"hash"', '{"hash": "x"}', '{"hash": "x", "before": "y"}']
)
def test_a_line_that_is_none_is_found(line):
    ledger.append([{"account": "a"}])
    with ledger.path().open("a") as file:
        file.write(line + "\n")
    assert broken().startswith("Line 2 of the ledger")


@pytest.mark.parametrize("torn", ['{"account":"c","bef', "{", '{"account":"c"}'])
def test_a_torn_last_line_goes_with_the_next_write(torn):
    ledger.append([{"account": "a"}, {"account": "b"}])
    with ledger.path().open("a") as file:
        file.write(torn)
    ledger.append([{"account": "c"}])
    assert [entry["account"] for entry in ledger.read()] == ["a", "b", "c"]


def test_a_first_line_that_was_torn_goes_too():
    ledger.path().parent.mkdir(parents=True, exist_ok=True)
    ledger.path().write_text('{"account":')
    ledger.append([{"account": "a"}])
    assert [entry["number"] for entry in ledger.read()] == [1]


def test_a_long_ledger_is_appended_to_without_reading_it_all():
    ledger.append([{"account": str(n), "filler": "x" * 200} for n in range(1000)])
    ledger.append([{"account": "last"}])
    assert [entry["number"] for entry in ledger.read()] == list(range(1, 1002))


def test_elsewhere_is_only_meanwhile(tmp_path):
    with ledger.elsewhere(tmp_path):
        ledger.append([{"account": "a"}])
    assert (tmp_path / "erasures.jsonl").exists()
    assert list(ledger.read()) == []


WRITER = """
import sys
from pathlib import Path
from django.conf import settings
settings.configure(LEDGER_DIR=sys.argv[1])
from retention import ledger
for n in range(100):
    ledger.append([{"account": f"{sys.argv[2]}-{n}"}, {"account": f"{sys.argv[2]}-{n}b"}])
"""


def test_processes_that_append_at_once_make_one_chain(settings):
    with ThreadPoolExecutor(3) as pool:
        commands = [[sys.executable, "-c", WRITER, str(settings.LEDGER_DIR), name] for name in "abc"]
        list(pool.map(lambda command: subprocess.run(command, check=True, timeout=60), commands))
    entries = list(ledger.read())
    assert [entry["number"] for entry in entries] == list(range(1, 601))
    for name in "abc":
        mine = [e["account"] for e in entries if e["account"].startswith(name)]
        assert mine == [f"{name}-{n}{b}" for n in range(100) for b in ("", "b")]
