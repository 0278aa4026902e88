"""Files of accounts: streamed, sealed chunk by chunk, and of no use anywhere else or in any other shape (§6, §7)."""

from __future__ import annotations

import io
import os
import shutil
import signal
import tracemalloc
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile, File
from django.db import models, transaction
from django.test.utils import isolate_apps
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from accounts.models import Account, DataKey
from accounts.states import State
from cannonworks import datamap, storage
from cannonworks.datamap import Category, Entry, Subject
from cannonworks.errors import KeyUnavailable, Refused
from cannonworks.storage import HEADER, AccountFileField, FilesStuck, FilesUnavailable, new_name, sealed
from retention import erasure
from tests.lives import CANCELLED_ON, DUE_ON, account_in, moment
from tests.processes import Beside, ended, fork

pytestmark = pytest.mark.clause("7")
SMALL = 32  # a chunk of these tests, where it need not be a real one
LENIENT = trying(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
KEYS = {str(UUID(int=number)): os.urandom(32) for number in (7, 8)}
ONE, OTHER = KEYS


@pytest.fixture
def small(monkeypatch):
    """Small chunks, and two accounts with keys of their own but no rows."""
    monkeypatch.setattr(storage, "CHUNK", SMALL)
    monkeypatch.setattr(storage, "SEALED_CHUNK", SMALL + storage.TAG)
    monkeypatch.setattr(storage, "_key_of", [lambda account, to_write: KEYS[account]])


def written(data: bytes, account: str = ONE, category: str = "documents") -> str:
    return sealed.save(new_name(account, category), ContentFile(data))


def path(name: str) -> Path:
    from django.conf import settings

    return Path(settings.FILES_DIR) / name


def read(name: str) -> bytes:
    with sealed.open(name) as file:
        return file.read()


# --- There and back ----------------------------------------------------------------------------------------------


@trying(LENIENT, max_examples=200)
@given(data=st.binary(max_size=5 * SMALL) | st.sampled_from([bytes(n * SMALL) for n in range(4)]))
def test_what_was_written_is_read_and_is_not_on_disk(small, data):
    name = written(data)
    assert read(name) == data
    stored = path(name).read_bytes()
    assert len(stored) == HEADER + len(data) + 16 * max(1, -(-len(data) // SMALL))
    assert sealed.size(name) == len(data)
    assert len(data) < 8 or data not in stored


@trying(LENIENT, max_examples=100)
@given(data=st.data(), length=st.integers(0, 5 * SMALL))
def test_it_reads_from_anywhere_like_any_file(small, data, length):
    text = os.urandom(length)
    plain = io.BytesIO(text)
    with sealed.open(written(text)) as file:
        for _step in range(8):
            whence = data.draw(st.sampled_from([io.SEEK_SET, io.SEEK_CUR, io.SEEK_END]))
            offset = (
                data.draw(st.integers(0, 2 * length))
                - {io.SEEK_SET: 0, io.SEEK_CUR: plain.tell(), io.SEEK_END: length}[whence]
            )
            assert file.seek(offset, whence) == plain.seek(offset, whence)
            count = data.draw(st.integers(-1, length))
            assert (file.read(count), file.tell()) == (plain.read(count), plain.tell())


def test_pieces_of_any_length_make_the_same_file(small):
    text = os.urandom(7 * SMALL + 5)
    for step in (1, 7, SMALL - 1, SMALL, SMALL + 1, 3 * SMALL, 1000):
        name = new_name(ONE, "documents")
        with sealed.writing(name) as file:
            for start in range(0, len(text), step):
                file.write(text[start : start + step])
        assert (read(name), path(name).stat().st_size) == (text, HEADER + len(text) + 8 * 16)


@pytest.mark.parametrize("length", [0, 1, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 3 * 64 * 1024])
@pytest.mark.django_db
def test_chunks_of_64_kib_under_the_key_of_the_account(account, length):
    text = os.urandom(length)
    name = written(text, account=str(account.reference))
    assert (read(name), sealed.size(name), sealed.exists(name)) == (text, length, True)
    DataKey.objects.filter(account=account).delete()
    with pytest.raises(KeyUnavailable, match="does not exist any more"):
        sealed.open(name)
    sealed.delete(name), sealed.delete(name)
    assert not sealed.exists(name)


def test_memory_does_not_grow_with_the_file(monkeypatch):
    monkeypatch.setattr(storage, "_key_of", [lambda account, to_write: KEYS[account]])
    block, peaks = bytes(1024 * 1024), []
    for mebibytes in (2, 40):
        name = new_name(ONE, "documents")
        tracemalloc.start()
        with sealed.writing(name) as file:
            for _each in range(mebibytes):
                file.write(block)
        with sealed.open(name) as file:
            assert sum(len(piece) for piece in file.chunks()) == mebibytes * len(block)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 64 * 1024
    assert peaks[1] < 1024 * 1024


# --- Every other shape is refused --------------------------------------------------------------------------------


def refused(name: str) -> bool:
    try:
        read(name)
    except KeyUnavailable:
        return True
    return False


def chunks_of(name: str) -> tuple[bytes, list[bytes]]:
    stored = path(name).read_bytes()
    size = SMALL + 16
    return stored[:HEADER], [stored[at : at + size] for at in range(HEADER, len(stored), size)]


@trying(LENIENT, max_examples=150)
@given(data=st.data(), length=st.integers(1, 5 * SMALL))
def test_any_changed_byte_is_refused(small, data, length):
    name = written(os.urandom(length))
    stored = bytearray(path(name).read_bytes())
    stored[data.draw(st.integers(0, len(stored) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path(name).write_bytes(stored)
    assert refused(name)


@trying(LENIENT, max_examples=150)
@given(data=st.data(), length=st.integers(0, 5 * SMALL))
def test_any_other_length_is_refused(small, data, length):
    name = written(os.urandom(length))
    stored = path(name).read_bytes()
    path(name).write_bytes(stored[: data.draw(st.integers(0, len(stored) - 1))])
    with pytest.raises(KeyUnavailable):
        sealed.open(name)  # at once, before a byte of it is given away
    path(name).write_bytes(stored + data.draw(st.binary(min_size=1, max_size=100)))
    with pytest.raises(KeyUnavailable):
        sealed.open(name)


@trying(LENIENT, max_examples=150)
@given(data=st.data(), count=st.integers(2, 6))
def test_any_chunk_dropped_doubled_or_swapped_is_refused(small, data, count):
    name = written(os.urandom(count * SMALL))
    header, chunks = chunks_of(name)
    one = data.draw(st.integers(0, count - 1))
    other = data.draw(st.integers(0, count - 1).filter(lambda n: n != one))
    swapped = chunks.copy()
    swapped[one], swapped[other] = chunks[other], chunks[one]
    doubled = chunks.copy()
    doubled[one] = chunks[other]
    for shape in (chunks[:one] + chunks[one + 1 :], chunks[:one] + chunks[one:][:1] + chunks[one:], swapped, doubled):
        path(name).write_bytes(header + b"".join(shape))
        assert refused(name)
    path(name).write_bytes(header + b"".join(chunks))
    assert not refused(name)


@trying(LENIENT, max_examples=50)
@given(data=st.data(), count=st.integers(1, 4))
def test_a_chunk_of_another_file_is_refused(small, data, count):
    name, other = written(os.urandom(count * SMALL)), written(os.urandom(count * SMALL))
    header, chunks = chunks_of(name)
    at = data.draw(st.integers(0, count - 1))
    chunks[at] = chunks_of(other)[1][at]
    path(name).write_bytes(header + b"".join(chunks))
    assert refused(name)


@pytest.mark.parametrize("elsewhere", [(ONE, "documents"), (ONE, "requests"), (OTHER, "documents")])
def test_a_whole_file_does_not_open_under_another_name(small, elsewhere, monkeypatch):
    name, moved = written(b"x" * 100), new_name(*elsewhere)
    path(moved).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path(name), path(moved))
    assert refused(moved)
    monkeypatch.setitem(KEYS, OTHER, KEYS[ONE])  # and not even under the same key
    assert refused(moved)
    assert not refused(name)


def test_another_key_is_refused(small, monkeypatch):
    name = written(b"x")
    monkeypatch.setitem(KEYS, ONE, os.urandom(32))
    assert refused(name)


@pytest.mark.parametrize(
    "name",
    [
        "", "factuur.pdf", "/etc/passwd", f"{ONE}/documents/factuur.pdf", f"{ONE}/../{'a' * 32}", f"{ONE}/documents/../x",
        f"../{ONE}/documents/{'a' * 32}", f"{ONE}/documents/{'a' * 32}/x", f"{ONE}/documents/{'a' * 32}\n", f"{ONE}//{'a' * 32}",
        "files-are-here",
    ],
)  # fmt: skip
def test_a_name_that_is_not_of_our_making_is_refused(small, name):
    for act in (
        sealed.open,
        sealed.exists,
        sealed.delete,
        sealed.size,
        lambda name: sealed._save(name, ContentFile(b"")),
    ):
        with pytest.raises(SuspiciousFileOperation):
            act(name)


# --- Half-way, and not at all ------------------------------------------------------------------------------------


def test_a_file_is_there_whole_or_not_at_all(small):
    name = new_name(ONE, "documents")
    with pytest.raises(ZeroDivisionError), sealed.writing(name) as file:
        file.write(bytes(1000))
        1 / 0  # noqa: B018
    assert (sealed.exists(name), list(path(name).parent.iterdir())) == (False, [])


def test_a_killed_writer_leaves_nothing_under_the_name(small):
    name = new_name(ONE, "documents")

    def worker():
        with sealed.writing(name) as file:
            file.write(bytes(1000))
            os.kill(os.getpid(), signal.SIGKILL)

    assert ended(fork(worker)) == -signal.SIGKILL
    assert not sealed.exists(name)
    assert storage.count_files(ONE, ["documents"]) == {"documents": 1}  # what it left is seen, and goes with the rest
    storage.erase_files(ONE, ["documents"])
    assert not path(ONE).exists()


def test_only_the_owner_reaches_the_folders_and_names_are_never_overwritten(small):
    name = written(b"x")
    assert {folder.stat().st_mode & 0o777 for folder in (path(name).parent, path(ONE))} == {0o700}
    with pytest.raises(ValueError, match="only read"):
        sealed.open(name, "wb")
    with pytest.raises(FileExistsError), sealed.writing(name) as file:
        file.write(b"y")
    assert read(name) == b"x"
    with pytest.raises(NotImplementedError):
        sealed.path(name)
    with pytest.raises(NotImplementedError):
        sealed.url(name)


def test_without_its_folder_nothing_is_said_and_nothing_done(small, settings, tmp_path):
    name = written(b"x")
    settings.FILES_DIR = tmp_path / "not mounted"
    for _twice in range(2):
        for act in (sealed.exists, sealed.open, sealed.delete, sealed.size, lambda name: written(b"x")):
            with pytest.raises(FilesUnavailable):
                act(name)
        for act in (storage.count_files, storage.erase_files):
            with pytest.raises(FilesUnavailable):
                act(ONE, ["documents"])
        with pytest.raises(FilesUnavailable):
            list(storage.folders())
        settings.FILES_DIR.mkdir(exist_ok=True)  # an empty one is not it either
    storage.prepare(), storage.prepare()
    assert list(storage.folders()) == []
    assert settings.FILES_DIR.stat().st_mode & 0o777 == 0o700


# --- All files of an account -------------------------------------------------------------------------------------


@pytest.mark.clause("6")
def test_files_are_counted_and_erased_by_category(small):
    for category, count in (("documents", 3), ("requests", 1)):
        for _each in range(count):
            written(b"x", category=category)
    written(b"x", account=OTHER)
    assert storage.count_files(ONE, ["documents", "requests", "usage"]) == {"documents": 3, "requests": 1}
    assert sorted(storage.folders()) == sorted([(ONE, ["documents", "requests"]), (OTHER, ["documents"])])
    for _twice in range(2):
        storage.erase_files(ONE, ["documents", "usage"])
        assert storage.count_files(ONE, ["documents", "requests"]) == {"requests": 1}
    storage.erase_files(ONE, ["requests"])
    assert list(storage.folders()) == [(OTHER, ["documents"])]
    storage.erase_files(ONE, ["requests"])


def test_a_folder_that_cannot_be_read_is_not_an_empty_one(small):
    path(ONE).mkdir()
    (path(ONE) / "documents").write_bytes(b"no folder")
    for act in (storage.count_files, storage.erase_files):
        with pytest.raises(FilesStuck, match="files: Not a directory"):
            act(ONE, ["documents"])


@pytest.mark.clause("6")
@pytest.mark.django_db
@pytest.mark.parametrize("state", [State.CANCELLED, State.ERASED])
def test_nothing_is_written_for_an_account_that_is_going_or_gone(state):
    account = account_in(state, on=CANCELLED_ON)
    if state != State.ERASED:
        Account.objects.filter(pk=account.pk).update(claimed_at=moment(DUE_ON))
    with pytest.raises(Refused) as caught:
        written(b"x", account=str(account.reference))
    assert caught.value.code == "being_erased"
    assert list(storage.folders()) == []


@pytest.mark.django_db
def test_nothing_is_written_for_nobody():
    with pytest.raises(KeyUnavailable):
        written(b"x", account=str(uuid4()))
    assert list(storage.folders()) == []


@pytest.mark.clause("6")
@pytest.mark.django_db(transaction=True)
def test_who_writes_keeps_the_erasure_waiting():
    account = account_in(State.CANCELLED, on=CANCELLED_ON)
    with transaction.atomic():
        written(b"x", account=str(account.reference))
        assert Beside(lambda: erasure.erase_due(on=DUE_ON, at=moment(DUE_ON))).result() == 0
    assert erasure.erase_due(on=DUE_ON, at=moment(DUE_ON)) == 1


# --- Fields of models --------------------------------------------------------------------------------------------


@pytest.mark.django_db
@isolate_apps("relations")
def test_a_file_of_a_row_goes_to_its_account_and_category_under_a_random_name(account, monkeypatch):
    class Scan(models.Model):  # noqa: DJ008
        account = models.ForeignKey(Account, models.PROTECT)
        file = AccountFileField("file")

        class Meta:
            app_label = "relations"

    said = Entry(Scan, Category.REQUESTS, Subject.HOLDER, plain=frozenset({"id", "account", "file"}))
    monkeypatch.setitem(datamap._entries, Scan, said)
    scan = Scan(account=account)
    scan.file.save("../Salaris Tom.pdf", File(io.BytesIO(b"%PDF")), save=False)
    reference, category, random = scan.file.name.split("/")
    assert (reference, category, len(random)) == (str(account.reference), "requests", 32)
    with scan.file.open() as file:
        assert file.read() == b"%PDF"
    assert scan.file.size == 4
    assert said.encrypted
    assert Scan._meta.get_field("file").deconstruct()[1:] == (
        "cannonworks.storage.AccountFileField",
        [],
        {"verbose_name": "file"},
    )
    assert datamap.complete([Scan], {Scan: said}) == []


@isolate_apps("relations")
def test_files_that_would_lie_open_or_outlive_their_key_stop_the_project():
    class Scan(models.Model):  # noqa: DJ008
        account = models.ForeignKey(Account, models.PROTECT)
        file = models.FileField()
        other = AccountFileField()

        class Meta:
            app_label = "relations"

    def told(category):
        said = Entry(Scan, category, Subject.HOLDER, plain=frozenset({"id", "account", "file", "other"}))
        return [(error.id, error.msg.split()[0]) for error in datamap.complete([Scan], {Scan: said})]

    assert told(Category.DOCUMENTS) == [("datamap.E007", "relations.Scan.file")]
    assert told(Category.BOOKKEEPING) == [
        ("datamap.E007", "relations.Scan.file"),
        ("datamap.E007", "relations.Scan.other"),
    ]
