"""The journal as evidence: what expired lawfully stays proven, what did not is told, and staff hear of it (§5, §7)."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from journal import sealing
from journal.models import Batch, Entry, Removed
from retention import alarms, erasure, evidence, ledger, tasks
from retention.models import Alarm, AlarmKind, StatementMail
from tests.journal.test_verifying import tamper
from tests.lives import DUE_ON, erase, full_life, moment

pytestmark = [pytest.mark.django_db, pytest.mark.clause("7")]
AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
EVIDENCE_GONE_ON = date(2033, 2, 28)


def seal() -> int:
    return sealing.seal(at=AT)


def broken() -> tuple[str, int | None, int | None] | None:
    found = evidence.verify().broken
    return found and (found.kind, found.batch, found.entry)


@pytest.fixture
def expired():
    """An account whose evidence was erased five years after it, sealed before and after; and one that lives."""
    full_life()
    account = erase(full_life(), on=DUE_ON)
    StatementMail.objects.all().delete()
    seal()
    for on in (date(2033, 1, 1), EVIDENCE_GONE_ON):  # its books, then its evidence
        before = Entry.objects.filter(account_reference=account.reference).count()
        erasure.erase_due(on=on, at=moment(on), only=[account.pk])
    assert Removed.objects.filter(account_reference=account.reference).count() >= before > 5
    return account


@pytest.mark.clause("5")
def test_what_expired_lawfully_leaves_roots_that_are_proven(expired):
    assert broken() is None
    seal()
    report = evidence.verify()
    assert report.broken is None
    assert report.expired == Removed.objects.count() > 5
    assert report.entries == Entry.objects.count() + Removed.objects.count()


@pytest.mark.clause("5")
def test_what_is_left_of_an_expired_entry_says_nothing_of_it(expired):
    row = Removed.objects.values().first()
    assert {name: type(value).__name__ for name, value in row.items()} == {
        "entry_id": "int", "account_reference": "UUID", "content": "bytes",
    }  # fmt: skip
    assert len(bytes(row["content"])) == 32


def test_removal_through_the_door_of_an_account_whose_evidence_was_not_erased_is_told(expired):
    entry = Entry.objects.exclude(account_reference=None).exclude(account_reference=expired.reference).earliest("id")
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('cannonworks.erasing', 'on', true)")
        cursor.execute("DELETE FROM journal_entry WHERE id = %s", [entry.pk])
    assert broken() == ("removed", 1, entry.pk)


def test_evidence_of_an_erased_account_may_not_go_before_its_own_end():
    account = erase(full_life(), on=DUE_ON)
    seal()
    entry = Entry.objects.filter(account_reference=account.reference).earliest("id")
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('cannonworks.erasing', 'on', true)")
        cursor.execute("DELETE FROM journal_entry WHERE id = %s", [entry.pk])
    assert broken() == ("removed", 1, entry.pk)


def test_a_removal_cannot_be_put_down_to_another_account(expired):
    entry = Entry.objects.exclude(account_reference=expired.reference).earliest("id")
    tamper("DELETE FROM journal_entry WHERE id = %s", entry.pk)
    tamper("INSERT INTO journal_removed VALUES (%s, %s, sha256('x'))", entry.pk, expired.reference)
    assert broken() == ("changed", 1, entry.pk)


def test_what_was_noted_of_a_removal_cannot_go_either(expired):
    entry = Removed.objects.earliest("entry_id").pk
    tamper("DELETE FROM journal_removed WHERE entry_id = %s", entry)
    assert broken() == ("removed", 1, entry)


def test_with_a_broken_ledger_nothing_is_proven_lawful(expired):
    ledger.path().write_text(ledger.path().read_text().replace('"claimed"', '"planned"', 1))
    assert evidence.verify().broken.kind == "ledger"
    ledger.path().unlink()
    assert broken()[0] == "removed"


# --- The command -------------------------------------------------------------------------------------------------


def test_the_command_says_that_it_is_proven(expired, capsys):
    seal()
    call_command("verify_journal")
    entries = Entry.objects.count() + Removed.objects.count()
    assert capsys.readouterr().out == (
        f"Proven: {entries} entries in 2 batches, {Removed.objects.count()} of them expired lawfully;"
        " 0 wait for their batch.\n"
    )
    call_command("verify_journal", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told.pop("seconds") >= 0
    assert told == {
        "proven": True, "batches": 2, "entries": entries, "expired": Removed.objects.count(), "unsealed": 0, "broken": None,
    }  # fmt: skip


def test_the_command_points_at_the_break_and_fails(account, capsys):
    seal()
    entry = Entry.objects.latest("id").pk
    tamper("UPDATE journal_entry SET facts = '{\"n\": 9}' WHERE id = %s", entry)
    with pytest.raises(CommandError, match=f"not proven: entry {entry} in batch 1 was changed"):
        call_command("verify_journal", "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["proven"], told["broken"]) == (
        False, {"kind": "changed", "batch": 1, "entry": entry, "text": f"entry {entry} in batch 1 was changed"},
    )  # fmt: skip


# --- The alarm ---------------------------------------------------------------------------------------------------


def standing() -> list[str]:
    now = datetime.now(UTC)
    alarms.check_everything(on=now.date(), at=now)
    return sorted(Alarm.objects.filter(cleared_at=None, kind=AlarmKind.JOURNAL).values_list("about", flat=True))


def test_a_broken_journal_is_an_alarm_until_it_is_proven_again(account, staff, client):
    seal()
    assert tasks.verify_journal(whole=True) is True
    assert tasks.verify_journal() is True
    assert standing() == []
    entry = Entry.objects.filter(event="account.activated").get()
    tamper("UPDATE journal_entry SET clause = '9' WHERE id = %s", entry.pk)
    assert tasks.verify_journal(whole=True) is False
    assert standing() == ["whole"]
    assert Alarm.objects.get().detail == f"changed: 1, {entry.pk}"
    client.force_login(staff)
    assert "Het journaal is niet bewezen" in client.get("/admin/retention/alarm/").content.decode()
    assert tasks.verify_journal() is False
    assert standing() == ["recent", "whole"]
    tamper("UPDATE journal_entry SET clause = %s WHERE id = %s", entry.clause, entry.pk)
    assert tasks.verify_journal(whole=True) is True
    assert standing() == ["recent"]


def test_the_daily_look_goes_over_what_was_sealed_of_late():
    from journal import services as journal

    for days in (5, 3, 1):
        journal.record("thing.done")
        sealing.seal(at=AT - timedelta(days=days))
    report = evidence.verify_and_tell(whole=False, at=AT)
    assert (report.batches, report.entries) == (1, 1)
    assert evidence.verify_and_tell(whole=True, at=AT).batches == 3
    told = Entry.objects.filter(event="journal.verified").order_by("id").values_list("facts", flat=True)
    assert list(told) == [
        {"whole": False, "proven": True, "batches": 1, "entries": 1},
        {"whole": True, "proven": True, "batches": 3, "entries": 3},
    ]


@pytest.mark.parametrize(("minutes", "late"), [(59, []), (61, ["unsealed"])])
def test_sealing_that_stopped_is_an_alarm(account, minutes, late):
    entry = Entry.objects.latest("id").pk
    tamper(f"UPDATE journal_entry SET at = now() - interval '{minutes} minutes' WHERE id = %s", entry)
    assert standing() == late
    seal()
    assert standing() == []


@pytest.mark.parametrize(("hours", "late"), [(47, []), (49, ["unverified"])])
def test_a_journal_that_nobody_verified_for_two_days_is_an_alarm(account, hours, late):
    sealing.seal(at=datetime.now(UTC) - timedelta(hours=hours))
    assert standing() == late
    tasks.verify_journal()
    assert standing() == []
    assert Batch.objects.count() == 1
