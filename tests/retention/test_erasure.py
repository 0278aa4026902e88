"""The one door: everything declared goes, nothing else does, and it is proven (§5, §6)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection

from accounts import services as lifecycle
from accounts.models import Account, DataKey, Session
from accounts.states import State
from cannonworks import datamap, rules, signing
from cannonworks.datamap import Category
from cannonworks.errors import Refused
from finance.bookkeeping import charge_subscription, record_payment
from finance.models import Payment, SubscriptionInvoice
from journal.models import Entry
from relations.models import Relation
from relations.services import add_relation
from retention import erasure, holds, ledger, parking
from retention.models import Erasure, ErasureWarning, Hold, StatementMail, Step
from tests.factories import StaffFactory
from tests.lives import (
    CANCELLED_ON,
    DUE_ON,
    EVERYTHING,
    account_in,
    confirmed_letter,
    erase,
    fill,
    full_life,
    hold,
    issue,
    moment,
    rows,
)

pytestmark = [pytest.mark.django_db, pytest.mark.clause("6")]
DAY = timedelta(days=1)


def of(*categories: str) -> list[datamap.Entry]:
    return datamap.entries(*map(Category, categories))


@pytest.mark.clause("5.4", "19")
def test_a_full_life_leaves_a_row_in_every_declared_table_and_erasure_none():
    account = full_life()
    planted = rows(account)
    declared = {entry.table for entry in datamap.entries() if entry.category}
    made_by_the_erasure = {"retention_erasure", "retention_statementmail"}
    assert declared - set(planted) == made_by_the_erasure, "teach tests/lives.py to leave a row in these"
    assert DataKey.objects.count() == 1

    account = erase(account, on=DUE_ON)
    assert rows(account, *datamap.erasable(*rules.WITH_THE_ACCOUNT)) == {}
    assert DataKey.objects.count() == 0
    run = Erasure.objects.get()
    assert run.rows == {
        entry.table: planted[entry.table] for entry in datamap.erasable(*rules.WITH_THE_ACCOUNT) if entry.table in planted
        and entry.table != "accounts_session"
    }  # fmt: skip
    places = len(datamap.erasable(*rules.WITH_THE_ACCOUNT)) + 2  # every declared table, the key, and the files
    assert run.rescan == {"places": places, "found": 0, "at": "2028-02-28T00:05:00+01:00"}
    assert set(rows(account)) == made_by_the_erasure | {entry.table for entry in of("bookkeeping", "evidence")}


@pytest.mark.clause("5.4")
def test_the_rows_of_others_are_not_touched():
    account, other = full_life(), full_life(cancelled_on=CANCELLED_ON + DAY)
    running = fill(account_in(State.ACTIVE, on=CANCELLED_ON), on=CANCELLED_ON)
    before = rows(other), rows(running)
    erase_everything_due(on=DUE_ON)
    assert (rows(other), rows(running)) == before
    assert list(Account.objects.order_by("pk").values_list("state", flat=True)) == ["erased", "cancelled", "active"]
    assert DataKey.objects.count() == 2
    assert rows(account, *of("relations")) == {}


def erase_everything_due(*, on: date) -> int:
    return erasure.erase_due(on=on, at=moment(on))


@pytest.mark.clause("5.4")
@pytest.mark.parametrize(("days", "erased"), [(-1, 0), (0, 1), (1, 1), (1000, 1)])
def test_nothing_goes_a_day_early(days, erased):
    account_in(State.CANCELLED, on=CANCELLED_ON)
    assert erase_everything_due(on=DUE_ON + timedelta(days=days)) == erased


def test_what_is_left_is_a_tombstone_of_reference_and_dates():
    account = erase(full_life(), on=DUE_ON)
    assert (account.state, account.erased_on, account.erase_on, account.claimed_at, account.warn_on, account.deferred) == (
        State.ERASED, DUE_ON, date(2033, 1, 1), None, None, [],
    )  # fmt: skip
    assert account.main_user is None


def test_the_ledger_tells_twice_before_and_after():
    account = erase(full_life(), on=DUE_ON)
    run = Erasure.objects.get()
    told = [(e["kind"], e["account"], e["run"], e["categories"], e["on"]) for e in ledger.read()]
    categories = [*EVERYTHING]
    assert told == [
        (kind, str(account.reference), str(run.reference), categories, "2028-02-28") for kind in ("claimed", "erased")
    ]


def test_the_journal_tells_it_too():
    account = erase(account_in(State.CANCELLED, on=CANCELLED_ON), on=DUE_ON)
    events = Entry.objects.filter(account_reference=account.reference, event__startswith="erasure.")
    assert list(events.order_by("id").values_list("event", "clause")) == [
        ("erasure.claimed", "5.4"),
        ("erasure.done", "5.4"),
    ]


@pytest.mark.clause("1", "5.4")
def test_the_statement_says_what_went_and_what_stays_and_verifies():
    account = full_life()
    planted = rows(account)
    erase(account, on=DUE_ON)
    run = Erasure.objects.get()
    statement = signing.verify(run.statement, signing.public_key())
    counted = {line["category"]: line["rows"] for line in statement["erased"]}
    assert counted == {
        name: sum(planted.get(e.table, 0) for e in datamap.erasable(Category(name)) if e.table != "accounts_session")
        for name in EVERYTHING
    }  # fmt: skip
    assert {key: statement[key] for key in ("kind", "reference", "account", "reason", "erased_on", "kept", "key_destroyed", "rules")} == {
        "kind": "erasure-statement",
        "reference": str(run.reference),
        "account": str(account.reference),
        "reason": {"rule": "cancelled", "clause": "5.4"},
        "erased_on": "2028-02-28",
        "kept": [
            {"category": "bookkeeping", "ground": "statutory duty (AWR art. 52)", "clause": "5", "until": "2033-01-01"},
            {"category": "evidence", "ground": "proof of obligations", "clause": "5", "until": "2033-02-28"},
        ],
        "key_destroyed": True,
        "rules": rules.digest(),
    }  # fmt: skip
    assert (statement["last_backup_expires_on"], statement["rescan"]) == ("2029-02-28", run.rescan)
    run.statement["statement"]["erased"][0]["rows"] += 1
    with pytest.raises(signing.NotProven, match="broken"):
        signing.verify(run.statement, signing.public_key())


@pytest.mark.clause("5 hold")
@pytest.mark.parametrize("category", EVERYTHING)
def test_a_hold_keeps_its_category_and_all_else_goes(category):
    account = full_life()
    before = rows(account)
    held = hold(account, [category], on=DUE_ON - DAY)
    account = erase(account, on=DUE_ON)
    kept = {entry.table for entry in datamap.erasable(Category(category))} - {"accounts_session"}
    left = rows(account, *datamap.erasable(*rules.WITH_THE_ACCOUNT))
    assert left == {table: count for table, count in before.items() if table in kept}
    assert (account.state, account.deferred) == (State.ERASED, [category])
    assert DataKey.objects.exists() is (category in ("employees", "requests"))  # with something sealed in them
    assert Erasure.objects.get().held == [category]
    kept_told = {k["category"]: (k["ground"], k["until"]) for k in Erasure.objects.get().statement["statement"]["kept"]}
    assert kept_told[category] == ("proof of obligation", None)
    assert Entry.objects.filter(event="erasure.refused", account_reference=account.reference).count() == 1

    holds.release_hold(held, actor=StaffFactory(), on=DUE_ON + DAY)
    account = erase(account, on=DUE_ON + DAY)
    assert rows(account, *datamap.erasable(*rules.WITH_THE_ACCOUNT)) == {}
    assert (account.deferred, account.erase_on, DataKey.objects.count()) == ([], date(2033, 1, 1), 0)
    assert Erasure.objects.count() == 2


@pytest.mark.clause("5 hold")
def test_documents_that_are_held_keep_their_words_when_their_relation_goes():
    account = full_life()
    hold(account, ["documents"], on=DUE_ON - DAY)
    erase(account, on=DUE_ON)
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT relation_id, recipient_name FROM finance_document")
        assert cursor.fetchall() == [(None, "Noor Visser")]


@pytest.mark.clause("5 hold")
def test_a_hold_on_everything_leaves_the_account_as_it_is_and_is_told_once():
    account = full_life()
    before = rows(account)
    hold(account, EVERYTHING, on=DUE_ON - DAY)
    for on in (DUE_ON, DUE_ON + DAY):
        assert erase_everything_due(on=on) == 0
    account.refresh_from_db()
    assert (account.state, account.held_since, account.claimed_at) == (State.CANCELLED, DUE_ON, None)
    assert Entry.objects.filter(event="erasure.refused").count() == 1
    told = ("journal_entry", "retention_hold", "retention_ledgernote")
    assert {t: n for t, n in rows(account).items() if t not in told} == {
        t: n for t, n in before.items() if t not in told
    }
    assert Erasure.objects.count() == 0


@pytest.mark.clause("5 hold")
def test_an_unconfirmed_hold_stops_nothing():
    account = full_life()
    hold(account, EVERYTHING, on=DUE_ON - DAY, confirm=False)
    assert erase(account, on=DUE_ON).state == State.ERASED


@pytest.mark.clause("1")
def test_bookkeeping_goes_year_by_year_and_never_before():
    account = account_in(State.ACTIVE, on=date(2020, 1, 10))
    first = charge_subscription(account, on=date(2020, 12, 31))
    record_payment(first, on=date(2021, 1, 4), amount=first.net)
    charge_subscription(account, on=date(2022, 6, 1))
    lifecycle.cancel_account(account, actor=account.main_user, on=date(2022, 7, 1))
    left = []
    for on in (
        date(2024, 7, 1),
        date(2027, 12, 31),
        date(2028, 1, 1),
        date(2029, 1, 1),
        date(2029, 12, 31),
        date(2030, 1, 1),
    ):
        account = Account.objects.filter(pk=account.pk).first()
        erasure.erase_due(on=on, at=moment(on))
        left.append((SubscriptionInvoice.objects.count(), Payment.objects.count()))
    assert left == [(2, 1), (2, 1), (1, 1), (1, 0), (1, 0), (0, 0)]


def test_evidence_goes_after_five_years_and_then_the_tombstone():
    account = erase(full_life(), on=DUE_ON)
    StatementMail.objects.all().delete()
    assert erase_everything_due(on=date(2032, 12, 31)) == 0
    assert erase_everything_due(on=date(2033, 1, 1)) == 1  # the books of 2025
    assert rows(account, *of("bookkeeping")) == {}
    before = rows(account, *of("evidence"))
    assert erase_everything_due(on=date(2033, 2, 27)) == 0
    assert rows(account, *of("evidence")) == before
    assert erase_everything_due(on=date(2033, 2, 28)) == 1
    assert rows(account) == {}
    assert (
        Account.objects.count()
        == Hold.objects.count()
        == ErasureWarning.objects.count()
        == Erasure.objects.count()
        == 0
    )
    assert erase_everything_due(on=date(2040, 1, 1)) == 0


@pytest.mark.clause("1", "5 hold")
def test_a_hold_on_books_outlives_the_evidence_around_it():
    account = erase(full_life(), on=DUE_ON)
    held = hold(account, ["bookkeeping"], on=date(2032, 12, 1))
    erase_everything_due(on=date(2033, 2, 28))
    assert set(rows(account)) == {"finance_payment", "finance_subscriptioninvoice", "retention_hold"}
    erase_everything_due(on=date(2035, 1, 1))
    assert SubscriptionInvoice.objects.count() == 1
    holds.release_hold(held, actor=StaffFactory(), on=date(2036, 1, 1))
    erase_everything_due(on=date(2036, 1, 1))
    assert (rows(account), Account.objects.count()) == ({}, 0)


@pytest.mark.clause("5 hold")
def test_a_hold_on_books_that_never_were_does_not_keep_the_tombstone():
    account = account_in(State.CANCELLED, on=CANCELLED_ON)
    hold(account, ["bookkeeping"], on=CANCELLED_ON)
    erase(account, on=DUE_ON)
    erase_everything_due(on=date(2033, 2, 28))
    assert (Account.objects.count(), Erasure.objects.count(), Hold.objects.count()) == (0, 0, 0)


@pytest.mark.clause("5 hold")
def test_evidence_that_has_gone_cannot_be_held():
    account = account_in(State.ACTIVE, on=CANCELLED_ON)
    charge_subscription(account, on=date(2027, 12, 1))
    lifecycle.cancel_account(account, actor=account.main_user, on=date(2027, 12, 1))
    account = erase(account, on=date(2029, 12, 1))
    erase_everything_due(on=date(2034, 12, 1))
    with pytest.raises(Refused) as caught:
        hold(account, ["evidence"], on=date(2034, 12, 2))
    assert caught.value.code == "already_erased"


@pytest.mark.clause("5.5")
@pytest.mark.parametrize("state", [State.TRIAL, State.LAPSED, State.CANCELLED])
def test_a_confirmed_letter_erases_at_once(state):
    account = account_in(state, on=CANCELLED_ON)
    on = CANCELLED_ON + DAY
    confirmed_letter(account, on=on)
    account = erase(account, on=on)
    assert (account.state, account.erased_on) == (State.ERASED, on)
    run = Erasure.objects.get()
    assert (run.rule, run.clause, run.statement["statement"]["reason"]) == (
        "letter",
        "5.5",
        {"rule": "letter", "clause": "5.5"},
    )


@pytest.mark.clause("5.1")
def test_an_account_that_is_due_against_its_rule_is_put_right_instead():
    account = account_in(State.CANCELLED, on=CANCELLED_ON)
    Account.objects.update(keep_until=date(2026, 3, 1), erase_on=date(2026, 3, 1))
    assert erase_everything_due(on=date(2026, 3, 1)) == 0
    account.refresh_from_db()
    assert (account.state, account.keep_until, account.erase_on) == (State.CANCELLED, DUE_ON, DUE_ON)


def test_more_rows_than_a_transaction_takes_go_in_several(monkeypatch, django_assert_max_num_queries):
    account = account_in(State.ACTIVE, on=CANCELLED_ON)
    for _n in range(23):
        add_relation(account, actor=account.main_user, last_name="Visser")
    for _n in range(4):
        issue(account, on=CANCELLED_ON)
    lifecycle.cancel_account(account, actor=account.main_user, on=CANCELLED_ON)
    monkeypatch.setattr(erasure, "BUDGET", 5)
    assert erase(account, on=DUE_ON).state == State.ERASED
    assert Relation.objects.count() == 0
    run = Erasure.objects.get()
    assert (run.rows["relations_relation"], run.rows["finance_document"], run.rows["finance_line"]) == (23, 4, 4)


def test_many_accounts_go_in_batches(monkeypatch):
    accounts = [account_in(State.CANCELLED, on=CANCELLED_ON) for _n in range(7)]
    monkeypatch.setattr(erasure, "BATCH", 3)
    told = []
    assert erasure.erase_due(on=DUE_ON, at=moment(DUE_ON), progress=told.append) == 7
    assert told == [3, 6, 7]
    assert Erasure.objects.filter(step=Step.DONE).count() == len(accounts)


def test_a_sweep_with_nothing_due_costs_two_queries_whatever_there_is(django_assert_num_queries):
    account_in(State.CANCELLED, on=CANCELLED_ON)
    account_in(State.ACTIVE, on=CANCELLED_ON)
    with django_assert_num_queries(4):  # two of them savepoints
        erase_everything_due(on=CANCELLED_ON)


# --- Residue -------------------------------------------------------------------------------------------------


@pytest.fixture
def clinging(monkeypatch):
    """A relation that comes back behind the erasure so many times."""

    def cling(times: int) -> None:
        real = erasure._erase_rows
        left = [times]

        def erase_rows(runs, at):
            done = real(runs, at)
            if left[0]:
                left[0] -= 1
                with connection.cursor() as cursor:  # behind the fence: only erasure itself passes it
                    cursor.execute("SELECT set_config('cannonworks.erasing', 'on', true)")
                    Relation.objects.create(account_id=runs[0].account_id, first_name="Left", last_name="Behind")
            return done

        monkeypatch.setitem(erasure.STEPS, Step.KEY_DESTROYED, erase_rows)

    return cling


def test_residue_makes_it_try_again_and_is_gone_the_second_time(clinging):
    account = account_in(State.CANCELLED, on=CANCELLED_ON)
    clinging(1)
    assert erase(account, on=DUE_ON).state == State.CANCELLED
    run = Erasure.objects.get()
    assert (run.step, run.attempts, run.failure, run.rescan, run.statement) == (
        Step.KEY_DESTROYED, 1, "1 rows left", None, None,
    )  # fmt: skip
    assert [line["kind"] for line in ledger.read()] == ["claimed"]
    assert run.retry_at == moment(DUE_ON) + timedelta(minutes=5)
    assert erasure.carry_out(at=run.retry_at - timedelta(seconds=1)) == 0
    assert erasure.carry_out(at=run.retry_at) == 1
    run.refresh_from_db()
    assert (run.step, run.rows["relations_relation"], run.rescan["found"]) == (Step.DONE, 1, 0)


def test_residue_that_stays_parks_the_run_with_its_reason_until_staff_free_it(clinging):
    account = account_in(State.CANCELLED, on=CANCELLED_ON)
    clinging(99)
    at = moment(DUE_ON)
    erasure.erase_due(on=DUE_ON, at=at)
    for pause in erasure.BACK_OFF:
        at += pause
        erasure.carry_out(at=at)
    run = Erasure.objects.get()
    assert (run.attempts, run.parked_at, run.retry_at, run.failure) == (5, at, None, "1 rows left")
    assert erasure.carry_out(at=at + timedelta(days=99)) == 0
    assert Entry.objects.filter(event="erasure.parked").count() == 1
    account.refresh_from_db()
    assert account.state == State.CANCELLED

    clinging(0)
    parking.unpark(run, actor=StaffFactory())
    assert erasure.carry_out(at=at) == 1
    assert Erasure.objects.get().statement is not None
    with pytest.raises(Refused) as caught:
        parking.unpark(run, actor=StaffFactory())
    assert caught.value.code == "not_parked"


def test_a_destroyed_key_that_came_back_is_residue_too():
    account = account_in(State.CANCELLED, on=CANCELLED_ON)
    run_pk = erasure.claim(on=DUE_ON, at=moment(DUE_ON)).runs[0]
    for step in (Step.CLAIMED, Step.FENCED, Step.KEY_DESTROYED):
        erasure.advance(step, [run_pk], moment(DUE_ON))
    DataKey.objects.create(account=account, key_id="x", wrapped=b"x", made_at=moment(DUE_ON))
    with pytest.raises(erasure.ResidueFound):
        erasure.advance(Step.ROWS_ERASED, [run_pk], moment(DUE_ON))


def test_from_the_claim_on_sessions_are_over_and_the_account_takes_nothing():
    from django.db import IntegrityError, transaction

    account = full_life()
    run_pk = erasure.claim(on=DUE_ON, at=moment(DUE_ON)).runs[0]
    for entry in datamap.erasable(*rules.WITH_THE_ACCOUNT):
        if entry.model is not Session:
            row = entry.model._default_manager.filter(**{entry.account: account}).latest("pk")  # of documents a draft
            pointer = entry.account.partition("__")[0]
            with pytest.raises(IntegrityError, match="the account is being erased"), transaction.atomic():
                entry.model._default_manager.filter(pk=row.pk).update(**{pointer: getattr(row, pointer)})
    erasure.advance(Step.CLAIMED, [run_pk], moment(DUE_ON))
    assert Session.objects.count() == 0
