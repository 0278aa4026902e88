"""Sealing: every entry gets into exactly one batch, whoever writes and whoever seals meanwhile (§7)."""

from __future__ import annotations

import hashlib
import os
import signal
import threading
import time
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from cannonworks import isolation, turns
from journal import leaves, roots, sealing, verifying
from journal import services as journal
from journal.models import Batch, Entry
from tests.processes import Beside, ended, fork, until

pytestmark = pytest.mark.clause("7")
AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def write(*events: str) -> list[int]:
    journal.record_all([journal.line(event) for event in events])
    return sorted(Entry.objects.order_by("-id").values_list("id", flat=True)[: len(events)])


def seal(**options) -> int:
    return sealing.seal(at=AT, **options)


def proven() -> verifying.Report:
    report = verifying.verify(erased=set)
    assert report.broken is None
    return report


# --- The tree ----------------------------------------------------------------------------------------------------


def rfc_6962(hashes: list[bytes]) -> bytes:
    """The definition, word for word: split at the largest power of two below the number."""
    if len(hashes) == 1:
        return hashes[0]
    middle = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + rfc_6962(hashes[:middle]) + rfc_6962(hashes[middle:])).digest()


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 9, 31, 100, 257])
def test_the_root_is_that_of_the_standard(count):
    hashes = [hashlib.sha256(bytes([number % 256])).digest() for number in range(count)]
    packed = b"".join(number.to_bytes(8, "big") + leaf for number, leaf in enumerate(hashes))
    assert leaves.root(packed) == rfc_6962(hashes)
    assert list(leaves.records(packed)) == list(enumerate(hashes))


@pytest.mark.django_db
def test_a_leaf_is_the_same_in_the_database_and_here(account):
    journal.record(
        "thing.done", account=account, actor=account.main_user, clause="5.4", text='é\n"x" ☃', n=[1, {"a": None}]
    )
    journal.record("thing.done")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {leaves.RECORDS} FROM {leaves.EVER} AS ever")
        found = dict(leaves.records(bytes(cursor.fetchone()[0])))
        cursor.execute(f"SELECT * FROM {leaves.EVER} AS ever")
        rows = cursor.fetchall()
    assert len(rows) == Entry.objects.count() > 2
    assert found == {number: leaves.leaf(number, owner, bytes(content)) for number, owner, content in rows}


# --- Batches -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_new_entries_become_a_batch_that_names_the_one_before():
    first = write("a.b", "a.c", "a.d")
    assert seal() == 3
    second = write("a.e")
    assert (seal(), seal()) == (1, 0)
    one, two = Batch.objects.order_by("number")
    assert (one.number, one.first_id, one.last_id, one.count) == (1, 1, first[-1], 3)
    assert (two.number, two.first_id, two.last_id, two.count) == (2, first[-1] + 1, second[-1], 1)
    assert (bytes(one.previous), bytes(two.previous)) == (bytes(32), bytes(one.digest))
    assert [number for number, _leaf in leaves.records(bytes(one.leaves))] == first
    assert "".join(roots.read()) == f"000000000001 {one.digest.hex()}\n000000000002 {two.digest.hex()}\n"
    assert proven() == verifying.Report(batches=2, entries=4)


@pytest.mark.django_db
def test_a_large_number_becomes_many_batches(monkeypatch):
    monkeypatch.setattr(sealing, "MOST", 4)
    write(*["a.b"] * 5)
    with transaction.atomic():
        write(*["a.b"] * 6)
        transaction.set_rollback(True)  # ids that never come
    write(*["a.b"] * 5)
    assert seal() == 10
    assert [*Batch.objects.order_by("number").values_list("count", flat=True)] == [4, 1, 4, 1]
    assert proven().entries == 10


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE journal_batch SET count = 2", "DELETE FROM journal_batch", "TRUNCATE journal_batch",
        "UPDATE journal_removed SET content = ''", "DELETE FROM journal_removed", "TRUNCATE journal_removed",
    ],
)  # fmt: skip
def test_a_batch_is_for_ever(sql):
    write("a.b")
    seal()
    # As the owner: what no role may, no trigger lets anybody do either.
    with (
        isolation.acting_as(isolation.NOBODY),
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT set_config('cannonworks.erasing', 'on', true)")
        cursor.execute(sql)


# --- Who writes meanwhile ----------------------------------------------------------------------------------------


class Writer:
    """A transaction on a connection of its own that has written, and is over when it is told."""

    def __init__(self, event: str = "slow.one", *, commit: bool = True) -> None:
        self.event, self.commit = event, commit
        self.wrote, self.end = threading.Event(), threading.Event()
        self.thread = Beside(self.work)
        assert self.wrote.wait(20)

    def work(self) -> None:
        with transaction.atomic():
            journal.record(self.event)
            self.wrote.set()
            assert self.end.wait(20)
            transaction.set_rollback(not self.commit)

    def over(self) -> None:
        self.end.set()
        self.thread.result()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("commit", [True, False])
def test_an_entry_of_a_slow_transaction_is_waited_for_and_never_left_out(commit):
    slow = Writer(commit=commit)
    write("quick.one")
    assert seal(patience=0.2) == 0
    sealing_ = Beside(lambda: seal(patience=20))
    time.sleep(0.2)
    write("later.one")  # nobody who writes is kept waiting
    slow.over()
    assert sealing_.result() == 1 + commit
    assert seal() == 1
    assert proven() == verifying.Report(batches=2, entries=2 + commit)


@pytest.mark.django_db(transaction=True)
def test_who_begins_later_does_not_keep_a_batch_waiting():
    first, end = Writer("first"), time.monotonic() + 15
    sealing_ = Beside(lambda: seal(patience=20))
    time.sleep(0.2)
    second = Writer("second")
    first.over()
    assert sealing_.result() == 1
    assert time.monotonic() < end
    second.over()
    assert seal() == 1


@pytest.mark.django_db(transaction=True)
def test_many_writers_and_many_sealers_at_once_leave_every_entry_in_one_batch():
    stop, sealed = threading.Event(), []

    def writing(number: int) -> None:
        for turn in range(40):
            with transaction.atomic():
                write(f"w{number}.{turn}", "x.y")
                time.sleep(0.002 * (number + 1))
                transaction.set_rollback(turn % 5 == 4)

    def sealing_() -> None:
        while not stop.is_set():
            sealed.append(sealing.seal(at=AT, patience=5))

    sealers = [Beside(sealing_) for _number in range(2)]
    for writer in [Beside(lambda number=number: writing(number)) for number in range(4)]:
        writer.result()
    stop.set()
    for sealer in sealers:
        sealer.result()
    seal()
    assert sum(sealed) <= Entry.objects.count() == 4 * 32 * 2
    report = proven()
    assert (report.entries, report.unsealed) == (256, 0)
    assert report.batches > 3


@pytest.mark.django_db(transaction=True)
def test_of_two_sealers_with_files_of_their_own_one_wins(settings, tmp_path):
    write("a.b", "a.c")
    started, go = threading.Event(), threading.Event()

    def slowly() -> int:
        with transaction.atomic():
            assert turns.take("journal sealing")
            started.set()
            assert go.wait(20)
        return 0

    other = Beside(slowly)
    assert started.wait(20)
    assert seal() == 0
    go.set()
    other.result()
    assert seal() == 2


# --- Crashes -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_sealer_that_is_killed_before_its_line_is_written_leaves_it_to_the_next():
    write("a.b")
    seal()
    write("a.c")

    def killed() -> None:
        sealing.roots.append = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        seal()

    assert ended(fork(killed)) == -signal.SIGKILL
    assert until(lambda: Batch.objects.count() == 2, "the batch of the killed sealer")
    assert verifying.verify(erased=set).broken.kind == "not recorded"
    assert seal() == 0
    assert proven() == verifying.Report(batches=2, entries=2)


@pytest.mark.django_db
def test_a_torn_line_is_written_again():
    write("a.b")
    seal()
    whole = roots.path().read_text()
    roots.path().write_text(whole[:-9])
    assert verifying.verify(erased=set).broken.kind == "not recorded"
    assert seal() == 0
    assert roots.path().read_text() == whole


@pytest.mark.django_db
@pytest.mark.parametrize("said", ["000000000001 " + "0" * 64, "000000000002 " + "0" * 64])
def test_sealing_stops_when_the_file_outside_tells_another_story(said):
    write("a.b")
    seal()
    with roots.path().open("r+" if "1 " in said else "a") as file:
        file.write(said + "\n")
    write("a.c")
    with pytest.raises(sealing.OutOfStep):
        seal()
    assert Batch.objects.count() == 1
