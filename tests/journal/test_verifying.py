"""Verifying: whatever is done to a sealed journal is found, and pointed at (§7)."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from cannonworks import isolation
from journal import leaves, roots, sealing, verifying
from journal.models import Batch, Entry
from tests.journal.test_sealing import AT, proven, seal, write

pytestmark = [pytest.mark.django_db, pytest.mark.clause("7")]


@pytest.fixture
def ids() -> list[int]:
    """Three batches of three entries, with an id between them that never came."""
    found = []
    for number in range(3):
        found += write(*(f"{number}.{letter}" for letter in "abc"))
        with transaction.atomic():
            write("never.came")
            transaction.set_rollback(True)
        seal()
    assert proven().batches == 3
    return found


def tamper(sql: str, *params) -> None:
    """As somebody with every right to the database would: no trigger is in the way."""
    with isolation.acting_as(isolation.NOBODY), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, params)
        assert cursor.rowcount
        cursor.execute("SET LOCAL session_replication_role = origin")


def found() -> tuple[str, int | None, int | None]:
    broken = verifying.verify(erased=set).broken
    assert broken is not None
    assert broken.text
    return broken.kind, broken.batch, broken.entry


@pytest.mark.parametrize(
    "change",
    [
        "event = 'x'", "at = at + interval '1 microsecond'", "account_reference = gen_random_uuid()",
        "actor_reference = gen_random_uuid()", "actor_kind = 'staff'", "clause = '5'", "facts = '{\"n\": 1}'",
        "event = event || 's', actor_kind = 'ystem'",
    ],
)  # fmt: skip
def test_a_changed_entry_is_pointed_at(ids, change):
    tamper(f"UPDATE journal_entry SET {change} WHERE id = %s", ids[4])
    assert found() == ("changed", 2, ids[4])


def test_a_removed_entry_is_pointed_at(ids):
    tamper("DELETE FROM journal_entry WHERE id = %s", ids[3])
    assert found() == ("removed", 2, ids[3])


def test_all_entries_of_a_batch_removed(ids):
    tamper("DELETE FROM journal_entry WHERE id BETWEEN %s AND %s", ids[3], ids[5])
    assert found() == ("removed", 2, ids[3])


def test_an_entry_inserted_with_an_old_id_is_pointed_at(ids):
    tamper(
        "INSERT INTO journal_entry (id, event, actor_kind, clause, facts) VALUES (%s, 'x', '', '', '{}')", ids[2] + 1
    )
    assert found() == ("inserted", 1, ids[2] + 1)


@pytest.mark.parametrize("number", [0, -7, 10**12])
def test_an_entry_inserted_with_an_id_that_was_never_given_out_is_pointed_at(ids, number):
    tamper("INSERT INTO journal_entry (id, event, actor_kind, clause, facts) VALUES (%s, 'x', '', '', '{}')", number)
    assert found() == ("inserted", None, number)
    assert seal() == 0
    assert found() == ("inserted", None, number)


def test_an_entry_that_is_put_back_after_its_removal_is_there_twice(ids):
    row = Entry.objects.filter(pk=ids[0]).values().get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('cannonworks.erasing', 'on', true)")
        cursor.execute("DELETE FROM journal_entry WHERE id = %s", [ids[0]])
    Entry.objects.create(**row)
    assert found() == ("inserted", 1, ids[0])


def test_entries_that_changed_places_are_pointed_at(ids):
    tamper("UPDATE journal_entry SET id = -1 WHERE id = %s", ids[3])
    tamper("UPDATE journal_entry SET id = %s WHERE id = %s", ids[3], ids[5])
    tamper("UPDATE journal_entry SET id = %s WHERE id = -1", ids[5])
    assert found() == ("reordered", 2, ids[5])


def test_an_entry_that_moved_to_a_free_place_is_pointed_at(ids):
    tamper("UPDATE journal_entry SET id = %s WHERE id = %s", ids[5] + 1, ids[4])
    assert found() == ("reordered", 2, ids[4])


def test_a_removed_batch(ids):
    tamper("DELETE FROM journal_batch WHERE number = 2")
    assert found() == ("batch removed", 2, None)


@pytest.mark.parametrize(
    "change",
    [
        "count = 4", "root = sha256('x')", "previous = sha256('x')", "digest = sha256('x')", "first_id = first_id + 1",
        "last_id = last_id - 1", "sealed_at = sealed_at + interval '1 day'", "leaves = set_byte(leaves, 0, 1)",
        "leaves = set_byte(leaves, 20, 1)", "leaves = substr(leaves, 1, 80)",
    ],
)  # fmt: skip
def test_an_altered_batch(ids, change):
    tamper(f"UPDATE journal_batch SET {change} WHERE number = 2")
    assert found() == ("batch altered", 2, None)


def test_a_root_that_is_not_that_of_its_leaves_is_told_whatever_the_digest_says(ids):
    batch = Batch.objects.get(number=3)
    batch.root = bytes(32)
    digest = sealing.digest(batch)
    tamper("UPDATE journal_batch SET root = %s, digest = %s WHERE number = 3", batch.root, digest)
    kept = roots.path().read_text()
    roots.path().write_text(kept[: 2 * roots.LINE] + roots.line(3, digest))
    assert found() == ("batch altered", 3, None)


def test_a_whole_new_chain_is_given_away_by_the_file_outside(ids):
    tamper("UPDATE journal_entry SET event = 'x' WHERE id = %s", ids[0])
    tamper("DELETE FROM journal_batch")
    kept = roots.path().read_text()
    roots.path().unlink()
    seal()
    assert proven().batches == 1
    roots.path().write_text(kept)
    assert found() == ("batch altered", 1, None)


def test_a_cut_off_end_is_given_away_by_the_file_outside(ids):
    tamper("DELETE FROM journal_batch WHERE number = 3")
    tamper("DELETE FROM journal_entry WHERE id >= %s", ids[6])
    assert found() == ("cut off", 3, None)


def test_a_journal_that_is_all_gone_is_given_away_by_the_file_outside(ids):
    tamper("DELETE FROM journal_batch")
    tamper("DELETE FROM journal_entry")
    assert found() == ("cut off", 1, None)


def test_a_batch_that_the_file_outside_does_not_know(ids):
    with roots.path().open("r+b") as file:
        file.truncate(2 * roots.LINE)
    assert found() == ("not recorded", 3, None)
    roots.path().unlink()
    assert found() == ("not recorded", 1, None)


def test_an_altered_file_outside(ids):
    text = roots.path().read_text()
    roots.path().write_text(text.replace("000000000002 ", "000000000002 f", 1)[: len(text)])
    assert found()[:2] == ("batch altered", 2)


def test_the_first_break_is_the_one_that_is_told(ids):
    for entry in (ids[7], ids[4], ids[1]):
        tamper("UPDATE journal_entry SET clause = 'x' WHERE id = %s", entry)
    assert found() == ("changed", 1, ids[1])
    tamper("DELETE FROM journal_batch WHERE number = 2")
    assert found() == ("changed", 1, ids[1])


def test_from_a_batch_on_only_what_comes_behind_it_is_looked_at(ids):
    tamper("UPDATE journal_entry SET clause = 'x' WHERE id = %s", ids[1])
    assert verifying.verify(erased=set, after=1) == verifying.Report(batches=2, entries=6)
    assert verifying.verify(erased=set, after=3) == verifying.Report()
    tamper("DELETE FROM journal_batch WHERE number = 1")
    assert verifying.verify(erased=set, after=1).broken.kind == "batch removed"


def test_what_was_not_sealed_for_an_hour_is_not_proven(ids):
    (entry,) = write("x.y")
    assert proven().unsealed == 1
    tamper("UPDATE journal_entry SET at = now() - interval '61 minutes' WHERE id = %s", entry)
    assert found() == ("not sealed", None, entry)


def test_the_memory_of_who_verifies_is_that_of_a_few_batches(monkeypatch):
    monkeypatch.setattr(sealing, "MOST", 50)
    write(*["a.b"] * 1000)
    seal()
    asked = []
    monkeypatch.setattr(verifying, "CHUNK", 2)
    rows = verifying._rows

    def watched(cursor):
        fetch = cursor.fetchmany
        cursor.fetchmany = lambda size: asked.append(size) or fetch(size)
        return rows(cursor)

    monkeypatch.setattr(verifying, "_rows", watched)
    assert proven().batches == Batch.objects.count() >= 20
    assert set(asked) == {2}
    assert len(asked) >= 11
    assert len(bytes(Batch.objects.get(number=2).leaves)) == 50 * leaves.RECORD


def test_the_time_zone_of_who_seals_makes_no_difference():
    from zoneinfo import ZoneInfo

    write("a.b")
    assert sealing.seal(at=AT.astimezone(ZoneInfo("Asia/Kathmandu"))) == 1
    assert proven().batches == 1
