"""Unplugged, poisoned, run twice and raced with people: an erasure is done once, or not at all (kills: test_races)."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, close_old_connections, connection, connections, transaction

from accounts import services as lifecycle
from accounts.models import Account
from accounts.states import State
from cannonworks import isolation
from cannonworks.errors import Refused
from journal.models import Entry
from relations.models import Relation
from retention import alarms, erasure, holds, ledger, parking, sweep, tasks
from retention.models import Alarm, Erasure, Step
from tests.lives import CANCELLED_ON, DUE_ON, EVIDENCE_AND_BOOKS, account_in, full_life, hold, moment, rows

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("5.4", "6")]


def due_account() -> Account:
    return account_in(State.CANCELLED, on=CANCELLED_ON)


def aside(work: Callable[..., Any], *arguments: Any, **options: Any) -> Callable[[], Any]:
    """``work`` for a thread of its own, with a connection that it leaves to nobody."""

    def alone() -> Any:
        try:
            return work(*arguments, **options)
        finally:
            connections.close_all()

    return alone


def done(account: Account) -> list[Erasure]:
    """The account's runs; all of it gone but books, evidence and the address of the statement."""
    account.refresh_from_db()
    assert (account.state, account.claimed_at) == (State.ERASED, None)
    assert set(rows(account)) <= EVIDENCE_AND_BOOKS | {"retention_statementmail"}
    return list(Erasure.objects.filter(account=account))


def test_one_huge_account_goes_in_many_transactions_and_is_counted_whole(monkeypatch):
    monkeypatch.setattr(erasure, "BUDGET", 3)
    account = full_life()
    before = rows(account)
    assert erasure.erase_due(on=DUE_ON, at=moment(DUE_ON)) == 1
    (run,) = done(account)
    ended = EVIDENCE_AND_BOOKS | {"accounts_session"}  # sessions end at the fence, before rows are counted
    assert run.rows == {table: count for table, count in before.items() if table not in ended}


# --- Raced -----------------------------------------------------------------------------------------------------


@pytest.mark.clause("5.4")
def test_of_reactivation_and_erasure_exactly_one_wins_two_hundred_times():
    accounts = [due_account() for _round in range(200)]
    users = {account.pk: account.main_user for account in accounts}
    start = threading.Barrier(2, timeout=20)
    dice = random.Random(5)
    pauses = [dice.uniform(-0.004, 0.004) for _round in accounts]
    refused = []

    def erase() -> None:
        for account, pause in zip(accounts, pauses, strict=True):
            start.wait()
            threading.Event().wait(max(0, pause))
            erasure.erase_due(on=DUE_ON, at=moment(DUE_ON), only=[account.pk])

    def reactivate() -> None:
        for account, pause in zip(accounts, pauses, strict=True):
            start.wait()
            threading.Event().wait(max(0, -pause))
            try:
                lifecycle.reactivate_account(account, actor=users[account.pk], on=DUE_ON - timedelta(days=1))
            except Refused as refusal:
                assert refusal.code in ("being_erased", "erased")
                refused.append(account.pk)

    with ThreadPoolExecutor(2) as pool:
        for side in [pool.submit(aside(erase)), pool.submit(aside(reactivate))]:
            side.result(timeout=120)

    states = {account.pk: account for account in Account.objects.all()}
    for account in accounts:
        after = states[account.pk]
        runs = Erasure.objects.filter(account=account).count()
        if account.pk in refused:
            assert (after.state, runs, after.claimed_at) == (State.ERASED, 1, None)
        else:
            assert (after.state, runs, after.claimed_at, after.erase_on) == (State.ACTIVE, 0, None, None)
            assert rows(after)["accounts_user"] == 1
    assert 0 < len(refused) < 200  # otherwise it was no race


@pytest.mark.clause("5.4")
def test_a_sweep_started_twice_at_once_erases_nothing_twice():
    accounts = [due_account() for _each in range(40)]
    with ThreadPoolExecutor(2) as pool:
        sides = [pool.submit(aside(sweep.sweep, on=DUE_ON, at=moment(DUE_ON))) for _side in range(2)]
        outcomes = [side.result(timeout=60) for side in sides]
    erasure.erase_due(on=DUE_ON, at=moment(DUE_ON))
    assert sum(outcome.erased for outcome in outcomes) <= 40
    assert Erasure.objects.count() == 40
    assert all(len(done(account)) == 1 for account in accounts)
    erased = [line["run"] for line in ledger.read() if line["kind"] == "erased"]
    assert len(erased) == len(set(erased)) == 40


@pytest.mark.clause("5 hold")
def test_a_hold_confirmed_while_the_account_is_being_claimed_comes_too_late_and_says_so():
    account = due_account()
    placed = hold(account, ["relations"], on=DUE_ON, confirm=False)
    claimed, go_on = threading.Event(), threading.Event()

    def claim() -> None:
        with transaction.atomic():
            erasure.claim(on=DUE_ON, at=moment(DUE_ON))
            claimed.set()
            assert go_on.wait(20)

    from tests.factories import StaffFactory

    second = StaffFactory()
    with ThreadPoolExecutor(2) as pool:
        claiming = pool.submit(aside(claim))
        assert claimed.wait(20)
        confirming = pool.submit(aside(holds.confirm_hold, placed, actor=second, on=DUE_ON))
        with pytest.raises(TimeoutError):
            confirming.result(timeout=0.3)  # it waits for the lock on the account
        go_on.set()
        claiming.result(timeout=20)
        with pytest.raises(Refused) as refusal:
            confirming.result(timeout=20)
    assert refusal.value.code == "being_erased"
    assert erasure.erase_due(on=DUE_ON, at=moment(DUE_ON)) == 1
    assert done(account)[0].held == []


@pytest.mark.clause("5 hold")
def test_a_hold_confirmed_first_makes_the_claim_pass_the_account_by_and_then_keeps_its_category():
    account = due_account()
    Relation.objects.create(account=account, last_name="Visser")
    placed = hold(account, ["relations"], on=DUE_ON, confirm=False)
    confirmed, go_on = threading.Event(), threading.Event()

    from tests.factories import StaffFactory

    second = StaffFactory()

    def confirm() -> None:
        with transaction.atomic():
            holds.confirm_hold(placed, actor=second, on=DUE_ON)
            confirmed.set()
            assert go_on.wait(20)

    with ThreadPoolExecutor(1) as pool:
        confirming = pool.submit(aside(confirm))
        assert confirmed.wait(20)
        assert erasure.claim(on=DUE_ON, at=moment(DUE_ON)) == erasure.Claim(0, [])
        go_on.set()
        confirming.result(timeout=20)
    assert erasure.erase_due(on=DUE_ON, at=moment(DUE_ON)) == 1
    account.refresh_from_db()
    assert (account.state, account.deferred) == (State.ERASED, ["relations"])
    assert rows(account)["relations_relation"] == 1


SESSION = "INSERT INTO accounts_session (session_key, session_data, expire_date, account_id, user_agent) VALUES ('k', '', now(), %s, '')"
SERIES = "INSERT INTO finance_numberseries (account_id, kind, year, last) VALUES (%s, 'quote', 2026, 0)"
COMPANY = "UPDATE accounts_company SET city = 'Emmen' WHERE account_id = %s"  # of which nothing is left afterwards


@pytest.mark.parametrize(
    ("sql", "after"),
    [(SESSION, "claim"), (SERIES, "claim"), (COMPANY, "claim"), (SESSION, "erasure"), (SERIES, "erasure")],
    ids=["session-claim", "series-claim", "company-claim", "session-erasure", "series-erasure"],
)
def test_from_the_claim_on_the_database_refuses_every_write(sql, after):
    account = due_account()
    erasure.claim(on=DUE_ON, at=moment(DUE_ON))
    if after == "erasure":
        erasure.erase_due(on=DUE_ON, at=moment(DUE_ON))
    with pytest.raises(IntegrityError, match="being erased or has been erased"), connection.cursor() as cursor:
        cursor.execute(sql, [account.pk])


# --- Poisoned, unplugged ---------------------------------------------------------------------------------------


def poison(account: Account) -> None:
    with isolation.acting_as(isolation.NOBODY), connection.cursor() as cursor:  # the owner
        cursor.execute(
            "CREATE OR REPLACE FUNCTION test_poison() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'poison in %', OLD.company_name; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER test_poison BEFORE DELETE ON accounts_company FOR EACH ROW"
            f" WHEN (OLD.account_id = {account.pk}) EXECUTE FUNCTION test_poison()"
        )


def heal() -> None:
    with isolation.acting_as(isolation.NOBODY), connection.cursor() as cursor:  # the owner
        cursor.execute("DROP TRIGGER IF EXISTS test_poison ON accounts_company")
        cursor.execute("DROP FUNCTION IF EXISTS test_poison")


@pytest.fixture
def healed():
    yield
    heal()


@pytest.mark.usefixtures("healed")
def test_a_poisoned_account_never_stops_the_others_and_is_retried_then_parked_then_freed(staff):
    accounts = [due_account() for _each in range(9)]
    bad = accounts.pop(4)
    poison(bad)
    at = moment(DUE_ON)
    assert erasure.erase_due(on=DUE_ON, at=at) == 8
    assert all(len(done(account)) == 1 for account in accounts)

    run = Erasure.objects.get(account=bad)
    assert (run.attempts, run.retry_at, run.parked_at) == (1, at + timedelta(minutes=5), None)
    assert run.failure
    assert "poison" not in run.failure
    assert erasure.erase_due(on=DUE_ON, at=at + timedelta(minutes=4)) == 0
    assert Erasure.objects.get(account=bad).attempts == 1  # it is not yet time
    for pause in erasure.BACK_OFF:
        at += pause
        assert erasure.erase_due(on=DUE_ON, at=at) == 0
    run.refresh_from_db()
    assert (run.attempts, run.parked_at) == (5, at)
    assert Entry.objects.filter(event="erasure.parked", account_reference=bad.reference).count() == 1
    alarms.check_everything(on=DUE_ON, at=at)
    assert Alarm.objects.filter(kind="parked", about=str(run.reference), cleared_at=None).exists()
    assert erasure.erase_due(on=DUE_ON, at=at + timedelta(days=30)) == 0

    heal()
    parking.unpark(run, actor=staff)
    assert erasure.erase_due(on=DUE_ON, at=at) == 1
    assert len(done(bad)) == 1
    alarms.check_everything(on=DUE_ON, at=at)
    assert not Alarm.objects.filter(kind="parked", cleared_at=None).exists()


def test_a_lost_database_connection_is_nobodys_fault_and_the_work_goes_on(monkeypatch):
    account = full_life()
    rescan = erasure.STEPS[Step.ROWS_ERASED]

    def unplugged(*arguments: Any) -> bool:
        with isolation.acting_as(isolation.NOBODY), connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return rescan(*arguments)

    monkeypatch.setitem(erasure.STEPS, Step.ROWS_ERASED, unplugged)
    with pytest.raises(OperationalError):
        erasure.erase_due(on=DUE_ON, at=moment(DUE_ON))
    monkeypatch.setitem(erasure.STEPS, Step.ROWS_ERASED, rescan)
    close_old_connections()
    run = Erasure.objects.get(account=account)
    assert (run.step, run.attempts, run.failure) == (Step.ROWS_ERASED, 0, "")
    assert erasure.erase_due(on=DUE_ON, at=moment(DUE_ON)) == 1
    assert len(done(account)) == 1


@pytest.mark.parametrize("task", [tasks.sweep, tasks.erase_account, tasks.send_post, tasks.raise_alarms])
def test_every_task_comes_again_after_a_lost_connection_and_is_acknowledged_late(task):
    assert OperationalError in task.autoretry_for
    assert task.acks_late
    assert task.max_retries == 8
