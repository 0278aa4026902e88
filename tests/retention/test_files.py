"""Files go with their account, counted and proven; what cannot be looked at is never nothing (§5, §6)."""

from __future__ import annotations

import os
import shutil
import signal
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from accounts.models import Account, DataKey
from accounts.states import State
from cannonworks import datamap, rules, signing, storage
from cannonworks.errors import KeyUnavailable
from cannonworks.storage import FilesUnavailable, new_name, sealed
from journal.models import Entry
from retention import alarms, erasure, holds
from retention.models import Alarm, AlarmKind, Erasure, StatementMail, Step
from tests.factories import StaffFactory
from tests.lives import CANCELLED_ON, DUE_ON, account_in, confirmed_letter, erase, hold, moment
from tests.processes import ended, fork

pytestmark = [pytest.mark.django_db, pytest.mark.clause("6")]
AT = moment(DUE_ON)
DAY = timedelta(days=1)


def due_account(**files: int) -> Account:
    account = account_in(State.CANCELLED, on=CANCELLED_ON)
    keep(account, **files)
    return account


def keep(account: Account, **files: int) -> list[str]:
    return [
        sealed.save(new_name(str(account.reference), category), ContentFile(b"%PDF"))
        for category, count in files.items()
        for _each in range(count)
    ]


def folder(account: Account) -> Path:
    from django.conf import settings

    return settings.FILES_DIR / str(account.reference)


def stated(run: Erasure) -> dict[str, int]:
    statement = signing.verify(run.statement, signing.public_key())
    return {line["category"]: line["files"] for line in statement["erased"] if line["files"]}


@pytest.mark.clause("5.4")
def test_files_go_with_the_account_and_the_statement_says_how_many():
    account, other = due_account(documents=3, requests=1), due_account(documents=1)
    Account.objects.filter(pk=other.pk).update(erase_on=DUE_ON + 9 * DAY)
    erase(account, on=DUE_ON)
    run = Erasure.objects.get()
    assert (run.files, stated(run)) == ({"documents": 3, "requests": 1}, {"documents": 3, "requests": 1})
    assert not folder(account).exists()
    assert storage.count_files(str(other.reference), ["documents"]) == {"documents": 1}
    assert run.rescan["places"] == len(datamap.erasable(*rules.WITH_THE_ACCOUNT)) + 2  # and the key, and the files
    assert Entry.objects.get(event="erasure.done").facts["files"] == 4


def test_where_there_are_no_files_none_are_stated():
    erase(due_account(), on=DUE_ON)
    run = Erasure.objects.get()
    assert (run.files, stated(run)) == ({}, {})


@pytest.mark.clause("5")
def test_what_a_hold_keeps_stays_readable_and_goes_at_its_release(monkeypatch):
    # As it is once a model of that category has a file.
    monkeypatch.setattr(datamap, "encrypted", lambda: frozenset({"employees", "documents"}))
    account = due_account(requests=2)
    (kept,) = keep(account, documents=1)
    held = hold(account, ["documents"], on=CANCELLED_ON)
    erase(account, on=DUE_ON)
    run = Erasure.objects.get()
    assert (run.files, [entry.name for entry in folder(account).iterdir()]) == ({"requests": 2}, ["documents"])
    with sealed.open(kept) as file:
        assert file.read() == b"%PDF"
    assert [kind for kind, *_about in standing()] == [AlarmKind.REVIEW]  # of the hold
    holds.release_hold(held, actor=StaffFactory(), on=DUE_ON + DAY)
    erase(account, on=DUE_ON + DAY)
    assert [run.files for run in Erasure.objects.order_by("id")] == [{"requests": 2}, {"documents": 1}]
    assert (folder(account).exists(), DataKey.objects.count()) == (False, 0)


@pytest.mark.clause("5.5")
def test_a_confirmed_letter_takes_them_too():
    account = account_in(State.LAPSED, on=CANCELLED_ON)
    Account.objects.filter(pk=account.pk).update()
    keep(account, documents=2)
    confirmed_letter(account, on=CANCELLED_ON + DAY)
    erase(account, on=CANCELLED_ON + DAY)
    assert stated(Erasure.objects.get()) == {"documents": 2, "requests": 1}  # and the scan of the letter


def test_the_key_goes_before_the_files():
    account = due_account()
    (name,) = keep(account, documents=1)
    run_pk = erasure.claim(on=DUE_ON, at=AT).runs[0]
    for step in (Step.CLAIMED, Step.FENCED):
        erasure.advance(step, [run_pk], AT)
    assert Erasure.objects.get().files == {"documents": 1}
    with pytest.raises(KeyUnavailable):
        sealed.open(name)
    assert sealed.exists(name)


# --- Half-way, and in the way ------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_killed_among_the_files_it_goes_on_and_counts_right(after):
    account = due_account(documents=3, requests=1)

    def worker():
        real, calls = os.unlink, []

        def unlink(*args, **named):
            if len(calls) == after:
                os.kill(os.getpid(), signal.SIGKILL)
            calls.append(1)
            real(*args, **named)

        os.unlink = unlink
        erasure.erase_due(on=DUE_ON, at=AT)

    assert ended(fork(worker)) == -signal.SIGKILL
    assert (Erasure.objects.get().step, sum(storage.count_files(str(account.reference), ["documents", "requests"]).values())) == (
        Step.KEY_DESTROYED, 4 - after,
    )  # fmt: skip
    assert erasure.erase_due(on=DUE_ON, at=AT) == 1
    assert stated(Erasure.objects.get()) == {"documents": 3, "requests": 1}
    assert not folder(account).exists()


@pytest.mark.django_db(transaction=True)
def test_a_crash_of_the_database_cannot_take_the_count_back(monkeypatch):
    asked = []
    monkeypatch.setattr(erasure, "_wait_for_the_disk_after_all", lambda: asked.append(1))
    erase(due_account(), on=DUE_ON)
    assert asked == []
    erase(due_account(documents=1), on=DUE_ON)
    assert asked == [1]


def test_a_file_that_is_still_there_is_residue_and_goes_the_next_time():
    account = due_account(documents=1)
    run_pk = erasure.claim(on=DUE_ON, at=AT).runs[0]
    for step in (Step.CLAIMED, Step.FENCED, Step.KEY_DESTROYED):
        erasure.advance(step, [run_pk], AT)
    (folder(account) / "documents").mkdir(parents=True)
    (folder(account) / "documents" / "late").write_bytes(b"x")
    assert erasure.carry_out(at=AT) == 0
    run = Erasure.objects.get()
    assert (run.step, run.failure, run.rescan) == (Step.KEY_DESTROYED, "1 files left", None)
    assert erasure.carry_out(at=AT + DAY) == 1
    assert not folder(account).exists()


@pytest.mark.parametrize("step", [Step.FENCED, Step.KEY_DESTROYED, Step.ROWS_ERASED])
def test_a_disk_that_is_not_there_stops_the_erasure_and_is_nobodys_fault(settings, tmp_path, step):
    account = due_account(documents=1)
    run_pk = erasure.claim(on=DUE_ON, at=AT).runs[0]
    for before in [one for one in erasure.STEPS if one < step]:
        erasure.advance(before, [run_pk], AT)
    there, settings.FILES_DIR = settings.FILES_DIR, tmp_path
    with pytest.raises(FilesUnavailable):
        erasure.carry_out(at=AT)
    run = Erasure.objects.get()
    assert (run.step, run.attempts, run.failure) == (step, 0, "")
    settings.FILES_DIR = there
    assert erasure.carry_out(at=AT) == 1
    assert stated(Erasure.objects.get()) == {"documents": 1}
    assert not folder(account).exists()


def test_files_that_cannot_be_removed_stop_only_their_own_account():
    stuck, other = due_account(), due_account(documents=1)
    folder(stuck).mkdir()
    (folder(stuck) / "documents").write_bytes(b"no folder")
    assert erasure.erase_due(on=DUE_ON, at=AT) == 1
    run = Erasure.objects.get(account=stuck)
    assert (run.failure, run.attempts, run.done_at) == ("FilesStuck", 1, None)
    assert not folder(other).exists()
    (folder(stuck) / "documents").unlink()
    assert erasure.carry_out(at=AT + DAY) == 1


# --- The alarm ---------------------------------------------------------------------------------------------------


def standing() -> list[tuple[str, str, str]]:
    StatementMail.objects.all().delete()
    alarms.check_everything(on=DUE_ON, at=AT)
    return sorted(Alarm.objects.filter(cleared_at=None).values_list("kind", "about", "detail"))


@pytest.mark.clause("5")
def test_files_of_an_erased_account_or_of_none_are_an_alarm(monkeypatch):
    monkeypatch.setattr(alarms, "FOLDERS", 1)
    gone, living = erase(due_account(), on=DUE_ON), account_in(State.ACTIVE, on=CANCELLED_ON)
    keep(living, documents=1)
    assert standing() == []
    (folder(gone) / "documents").mkdir(parents=True)
    nobody = folder(gone).with_name("00000000-0000-4000-8000-000000000000")
    nobody.mkdir()
    (nobody.parent / "notes").write_text("x")
    residue = AlarmKind.RESIDUE
    assert standing() == sorted(
        [
            (residue, str(gone.reference), "files, documents"),
            (residue, nobody.name, "files"),
            (residue, "notes", "files"),
        ]
    )
    shutil.rmtree(nobody), shutil.rmtree(folder(gone))
    (nobody.parent / "notes").unlink()
    assert standing() == []


@pytest.mark.clause("5")
def test_a_disk_that_cannot_be_looked_at_is_an_alarm_of_its_own(settings, tmp_path):
    there, settings.FILES_DIR = settings.FILES_DIR, tmp_path
    assert standing() == [(AlarmKind.NOT_CHECKED, "files_left", "FilesUnavailable")]
    settings.FILES_DIR = there
    assert standing() == []
