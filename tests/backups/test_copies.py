"""The ledger and its copies: each goes on from the one before, and whoever touches either is found out (§14)."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from django.conf import settings

from backups import copies, tasks, vault
from backups.problems import BackupProblem
from journal.models import Entry
from retention import alarms, ledger
from retention.ledger import BrokenLedger
from retention.models import Alarm, AlarmKind

pytestmark = [pytest.mark.django_db, pytest.mark.clause("14", "14 backup")]
AT = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)


def write(*names: str) -> None:
    ledger.append([{"kind": "claimed", "account": name} for name in names])


@pytest.fixture
def copied():
    """Three copies: of three lines, of one, of two."""
    for names in ("abc", "d", "ef"):
        write(*names)
        copies.copy_ledger()


def test_a_copy_has_what_came_since_the_one_before(copied, tmp_path):
    assert [end.number for end in copies.ends()] == [3, 4, 6]
    assert copies.copy_ledger() == ledger.end() == copies.last()
    assert len(copies.ends()) == 3  # nothing new, no copy
    assert copies.assemble(tmp_path / "erasures.jsonl") == 6
    assert (tmp_path / "erasures.jsonl").read_bytes() == ledger.path().read_bytes()
    assert copies.prove() == ledger.end()


def test_an_empty_ledger_has_no_copies():
    assert copies.copy_ledger().number == copies.prove().number == 0
    assert copies.ends() == []


def test_a_long_ledger_is_copied_in_pieces(monkeypatch):
    monkeypatch.setattr(ledger.since, "__kwdefaults__", {"most": 300})
    write(*"abcdefgh")
    assert copies.copy_ledger().number == 8
    assert len(copies.ends()) > 2
    assert copies.prove().number == 8


def test_a_torn_line_is_not_copied(copied):
    with ledger.path().open("ab") as file:
        file.write(b'{"number":7,')
    assert copies.copy_ledger().number == 6
    write("g")
    assert copies.copy_ledger().number == 7
    assert copies.prove().number == 7


def rewrite(change) -> None:
    lines = ledger.path().read_text().splitlines(keepends=True)
    ledger.path().write_text("".join(change(lines)))


def forked(lines: list[str]) -> list[str]:
    """Another ledger, whole in itself, that parts from ours after the third line."""
    ledger.path().write_text("".join(lines[:3]))
    write(*"xyzuv")
    return ledger.path().read_text().splitlines(keepends=True)


TAMPERED = {
    "cut off": lambda lines: lines[:-1],
    "gone": lambda lines: [],
    "forked": forked,
    "another line at the end": lambda lines: [*lines[:-1], lines[-1].replace('"f"', '"x"')],
    "the end cut in a line": lambda lines: [*lines[:-1], lines[-1][:-20]],
}


@pytest.mark.parametrize("how", TAMPERED)
def test_a_ledger_that_does_not_go_on_from_its_copies_is_found_within_minutes(copied, how):
    rewrite(TAMPERED[how])
    with pytest.raises(BrokenLedger):
        copies.copy_ledger()
    assert len(copies.ends()) == 3
    assert tasks.copy_ledger() == 0
    assert list(Alarm.objects.values_list("kind", "about")) == [(AlarmKind.LEDGER, "ledger")]
    alarms.check_everything(on=AT.date(), at=AT)
    assert Alarm.objects.get(kind=AlarmKind.LEDGER).cleared_at is None


def rechained(lines: list[str]) -> list[str]:
    """The second line changed, and every hash after it made to fit."""
    entries = [json.loads(line) for line in lines]
    entries[1]["account"] = "x"
    kept = [{key: entry[key] for key in entry if key not in ("number", "before", "hash")} for entry in entries]
    ledger.path().unlink()
    ledger.append(kept)
    return ledger.path().read_text().splitlines(keepends=True)


@pytest.mark.parametrize(
    "change", [rechained, lambda lines: [lines[0].replace('"a"', '"x"'), *lines[1:]], lambda lines: lines[1:]]
)
def test_a_change_anywhere_is_found_when_all_is_compared(copied, change):
    rewrite(change)
    with pytest.raises(BrokenLedger):
        copies.prove()
    assert not copies.prove_and_tell(at=AT)
    assert Entry.objects.filter(event="ledger.broken").count() == 1
    alarms.check_everything(on=AT.date(), at=AT)
    assert Alarm.objects.get(kind=AlarmKind.LEDGER).cleared_at is None


@pytest.mark.parametrize("spoil", [lambda raw: raw.replace(b'"a"', b'"x"'), lambda raw: raw[:-1], lambda raw: b""])
def test_a_copy_that_was_changed_is_found_too(copied, spoil):
    path = settings.BACKUPS_DIR / copies.path(copies.ends()[0])
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(BrokenLedger, match="Lines 1 to 3 of the ledger are not as they were copied"):
        copies.prove()


def test_a_copy_that_is_gone_is_found(copied):
    (settings.BACKUPS_DIR / copies.path(copies.ends()[1])).unlink()
    with pytest.raises(BrokenLedger):
        copies.prove()


def test_the_alarm_ends_when_all_is_proven_again(copied):
    whole = ledger.path().read_bytes()
    rewrite(rechained)
    copies.prove_and_tell(at=AT)
    ledger.path().write_bytes(whole)
    alarms.check_everything(on=AT.date(), at=AT)
    assert Alarm.objects.get(kind=AlarmKind.LEDGER).cleared_at is None  # a look at the end proves nothing
    assert copies.prove_and_tell(at=AT)
    alarms.check_everything(on=AT.date(), at=AT)
    assert Alarm.objects.get(kind=AlarmKind.LEDGER).cleared_at == AT


def test_a_vault_that_cannot_be_written_is_an_alarm_and_no_broken_ledger(monkeypatch):
    write("a")

    def full(path, content):
        raise BackupProblem("vault", "The vault cannot be written: No space left on device.")

    monkeypatch.setattr(vault, "put", full)
    assert tasks.copy_ledger() == 0
    alarms.check_everything(on=AT.date(), at=AT)
    found = Alarm.objects.get(kind=AlarmKind.LEDGER)
    assert (found.about, found.detail) == ("copies", "The vault cannot be written: No space left on device.")
    assert not Entry.objects.filter(event="ledger.broken").exists()
