"""Deaths within a step and a batch, many workers, and writes that race the claim, on processes and connections of their own."""

from __future__ import annotations

import os
import signal
from collections import Counter
from datetime import timedelta
from threading import Event

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from accounts import services as lifecycle
from accounts.models import Account
from accounts.states import State
from cannonworks import datamap, rules, signing
from relations.models import Relation
from relations.services import add_relation
from retention import erasure, ledger, sweep
from retention.models import Erasure, Step
from tests.lives import CANCELLED_ON, DUE_ON, account_in, full_life, moment, rows
from tests.processes import Beside, ended, fork, is_waiting_for_a_lock, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("6"), pytest.mark.timeout(180)]
AT = moment(DUE_ON)
DAY = timedelta(days=1)


def die(*_args: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def erased_once(account: Account) -> None:
    """Wholly erased, with one run, one statement that verifies, and the whole of it told."""
    account.refresh_from_db()
    assert (account.state, account.claimed_at) == (State.ERASED, None)
    assert rows(account, *datamap.erasable(*rules.WITH_THE_ACCOUNT)) == {}
    run = Erasure.objects.get(account=account)
    assert signing.verify(run.statement, signing.public_key())["reference"] == str(run.reference)
    assert (run.step, run.rescan["found"], run.attempts) == (Step.DONE, 0, 0)
    told = {line["kind"] for line in ledger.read() if line["run"] == str(run.reference)}
    assert told == {"claimed", "erased"}


# --- Killed workers ------------------------------------------------------------------------------------------


def dying_before(step: Step) -> None:
    erasure.STEPS[step] = die


def dying_before_the_commit_of(step: Step) -> None:
    real = erasure.STEPS[step]

    def work_and_die(runs, at):
        real(runs, at)
        die()

    erasure.STEPS[step] = work_and_die


def dying_between_two_transactions_of_one_step(step: Step) -> None:
    erasure.BUDGET = 2
    real, calls = erasure.STEPS[step], []

    def work_or_die(runs, at):
        calls.append(runs)
        return real(runs, at) if len(calls) < 3 else die()

    erasure.STEPS[step] = work_or_die


DEATHS = [
    *((dying_before, step) for step in erasure.STEPS),
    *((dying_before_the_commit_of, step) for step in erasure.STEPS),
    (dying_between_two_transactions_of_one_step, Step.KEY_DESTROYED),
]


@pytest.mark.clause("5.4")
@pytest.mark.parametrize(("how", "step"), DEATHS, ids=[f"{how.__name__}-{step.name.lower()}" for how, step in DEATHS])
def test_a_killed_worker_is_finished_by_another_with_one_statement(how, step):
    account = full_life()

    def worker():
        how(step)
        erasure.erase_due(on=DUE_ON, at=AT)

    assert ended(fork(worker)) == -signal.SIGKILL
    run = Erasure.objects.get()
    assert (run.step, run.statement) == (step, None)
    assert Account.objects.get(pk=account.pk).state == State.CANCELLED
    assert erasure.erase_due(on=DUE_ON + DAY, at=AT + DAY) == 1
    erased_once(account)


def test_a_worker_killed_within_the_claim_leaves_nothing_claimed():
    account = full_life()

    def worker():
        with transaction.atomic():
            assert erasure.claim(on=DUE_ON, at=AT).seen == 1
            die()

    assert ended(fork(worker)) == -signal.SIGKILL
    assert Erasure.objects.count() == 0
    assert erasure.erase_due(on=DUE_ON, at=AT) == 1
    erased_once(account)


def test_a_worker_killed_within_a_batch_leaves_no_account_out_and_does_none_twice():
    accounts = [account_in(State.CANCELLED, on=CANCELLED_ON) for _n in range(6)]

    def worker():
        erasure.BATCH = 2
        real, calls = erasure.STEPS[Step.ROWS_ERASED], []
        erasure.STEPS[Step.ROWS_ERASED] = lambda runs, at: (
            real(runs, at) if not calls and not calls.append(1) else die()
        )
        erasure.erase_due(on=DUE_ON, at=AT)

    assert ended(fork(worker)) == -signal.SIGKILL
    assert Counter(Erasure.objects.values_list("step", flat=True)) == {Step.DONE: 2, Step.ROWS_ERASED: 2}
    assert erasure.erase_due(on=DUE_ON, at=AT) == 4
    for account in accounts:
        erased_once(account)


# --- Many at once --------------------------------------------------------------------------------------------


def test_two_processes_on_one_backlog_do_every_account_once():
    accounts = [account_in(State.CANCELLED, on=CANCELLED_ON) for _n in range(24)]

    def worker():
        erasure.BATCH = 3
        sweep.sweep(on=DUE_ON, at=AT)

    workers = [fork(worker) for _n in range(3)]
    assert [ended(pid) for pid in workers] == [0, 0, 0]
    sweep.sweep(on=DUE_ON, at=AT)  # what one passed by because another had it locked
    for account in accounts:
        erased_once(account)
    assert Counter(line["kind"] for line in ledger.read()) == {"claimed": 24, "erased": 24}


# --- What cannot be written or read --------------------------------------------------------------------------


def test_a_ledger_that_cannot_be_written_stops_the_erasure_before_a_row_goes(settings, tmp_path):
    account = full_life()
    before = rows(account, *datamap.erasable(*rules.WITH_THE_ACCOUNT))
    folder, settings.LEDGER_DIR = settings.LEDGER_DIR, tmp_path / "file"
    settings.LEDGER_DIR.write_text("not a folder")
    with pytest.raises(OSError, match="ledger|file|exists|directory"):
        erasure.erase_due(on=DUE_ON, at=AT)
    assert rows(account, *datamap.erasable(*rules.WITH_THE_ACCOUNT)) == before
    settings.LEDGER_DIR = folder
    assert erasure.erase_due(on=DUE_ON, at=AT) == 1
    erased_once(account)


# --- Writes ----------------------------------------------------------------------------------------------------


def insert(account: Account) -> None:
    """What a request does that looked at the account long ago: straight into the table."""
    Relation.objects.create(account_id=account.pk, first_name="Late", last_name="Comer")


def test_a_write_under_way_makes_the_claim_pass_by_and_is_erased_with_the_rest():
    account = full_life()
    written, commit = Event(), Event()

    def writer():
        with transaction.atomic():
            insert(account)
            written.set()
            assert commit.wait(30)

    other = Beside(writer)
    assert written.wait(30)
    assert erasure.erase_due(on=DUE_ON, at=AT) == 0
    commit.set()
    other.result()
    assert rows(account)["relations_relation"] == 3
    assert erasure.erase_due(on=DUE_ON, at=AT) == 1
    erased_once(account)


@pytest.mark.parametrize("isolation", ["READ COMMITTED", "REPEATABLE READ"])
def test_a_request_that_began_before_the_claim_cannot_write_after_it(isolation):
    account = full_life()
    began, claimed = Event(), Event()

    def writer():
        with transaction.atomic():
            connection.cursor().execute(f"SET TRANSACTION ISOLATION LEVEL {isolation}")
            assert Account.objects.get(pk=account.pk).claimed_at is None
            began.set()
            assert claimed.wait(30)
            insert(account)

    other = Beside(writer)
    assert began.wait(30)
    run = erasure.claim(on=DUE_ON, at=AT).runs
    claimed.set()
    with pytest.raises((IntegrityError, OperationalError), match="being erased|could not serialize"):
        other.result()
    assert erasure.carry_out(at=AT, runs=run) == 1
    erased_once(account)


def test_a_write_that_meets_an_open_claim_waits_for_it_and_is_refused():
    account = full_life()
    claimed, commit = Event(), Event()

    def claimer():
        with transaction.atomic():
            erasure.claim(on=DUE_ON, at=AT)
            claimed.set()
            assert commit.wait(30)

    other = Beside(claimer)
    assert claimed.wait(30)
    writer = Beside(lambda: insert(account))
    until(is_waiting_for_a_lock, "the write waits for the claim")
    commit.set()
    other.result()
    with pytest.raises(IntegrityError, match="the account is being erased"):
        writer.result()
    assert erasure.carry_out(at=AT) == 1
    erased_once(account)


def test_writes_all_through_an_erasure_leave_nothing_behind():
    account = account_in(State.ACTIVE, on=CANCELLED_ON - DAY)
    user = account.main_user
    stop, done = Event(), []

    def writer():
        while not stop.is_set():
            try:
                insert(account)
                done.append(1)
            except IntegrityError:
                return "refused"
        return "never refused"

    add_relation(account, actor=user, last_name="Visser")
    lifecycle.cancel_account(account, actor=user, on=CANCELLED_ON)
    writers = [Beside(writer) for _n in range(2)]
    until(lambda: len(done) > 20, "some writes")
    until(lambda: erasure.erase_due(on=DUE_ON, at=AT), "the erasure between two writes")
    stop.set()
    assert [thread.result() for thread in writers] == ["refused", "refused"]
    erased_once(account)


def test_what_cannot_be_looked_through_is_never_taken_for_zero(monkeypatch):
    account = full_life()
    look = erasure._look

    def unreadable(cursor, places, at_most=None):
        if at_most is None:  # the re-scan; what is about to go is counted no further than the budget
            raise ValueError("cannot be read")
        return look(cursor, places, at_most)

    monkeypatch.setattr(erasure, "_look", unreadable)
    assert erasure.erase_due(on=DUE_ON, at=AT) == 0
    run = Erasure.objects.get()
    assert (run.step, run.failure, run.rescan) == (Step.ROWS_ERASED, "ValueError", None)
    account.refresh_from_db()
    assert account.state == State.CANCELLED
