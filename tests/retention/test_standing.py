"""Holds, blocks and states in the ledger, so that a restored backup has them again (§5, §14, §15)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction

from accounts import blocking, services
from accounts.models import Account
from accounts.states import State
from cannonworks import isolation
from retention import erasure, holds, ledger, standing
from retention.models import Hold, LedgerNote
from tests import lives
from tests.factories import StaffFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("14")]
ON = lives.CANCELLED_ON
AT = lives.moment(ON)
DAY = timedelta(days=1)


def told() -> list[dict]:
    standing.tell(at=AT)
    return [line for line in ledger.read() if line["kind"] == "standing"]


def told_of(account) -> dict:
    return [line for line in told() if line["account"] == str(account.reference)][-1]


def restore(account, **fields) -> standing.Restored:
    """The account as an older backup has it, told nothing since, brought to what the ledger says."""
    line = told_of(account)
    with isolation.acting_as(isolation.NOBODY), connection.cursor() as cursor, transaction.atomic():
        cursor.execute("SET LOCAL session_replication_role = replica")
        names = ", ".join(f"{name} = %s" for name in fields)
        cursor.execute(f"UPDATE accounts_account SET {names} WHERE id = %s", [*fields.values(), account.pk])
    done = standing.Restored()
    standing.set_again(line, done, at=AT + DAY)
    return done


def test_every_change_of_state_block_and_hold_is_told_once_and_nothing_else():
    account = lives.account_in(State.TRIAL, on=ON)
    Account.objects.filter(pk=account.pk).update(warn_on=None)
    assert told() == []
    services.activate_account(account, actor=account.main_user, on=ON)
    blocking.block_account(account, actor=StaffFactory(), because=uuid4(), at=AT)
    line = told()[-1]
    assert (line["account"], line["state"], line["holds"]) == (str(account.reference), "active", [])
    assert datetime.fromisoformat(line["blocked_at"]) == AT
    assert not LedgerNote.objects.exists()
    assert len(told()) == 1


def test_a_hold_that_is_only_proposed_is_not_told_and_a_confirmed_one_without_its_words():
    account = lives.account_in(State.CANCELLED, on=ON)
    before = told()
    proposed = lives.hold(account, ["documents"], on=ON, confirm=False)
    assert told() == before
    second = StaffFactory()
    holds.confirm_hold(proposed, actor=second, on=ON)
    proposed.refresh_from_db()
    assert told_of(account)["holds"] == [
        {
            "hold": str(proposed.reference), "categories": ["documents"], "ground": "proof of obligation",
            "review_on": "2027-02-28", "placed_on": "2026-02-28", "placed_by": str(proposed.placed_by.reference),
            "confirmed_on": "2026-02-28", "confirmed_by": str(second.reference),
        }
    ]  # fmt: skip
    assert "BW 6:74" not in ledger.path().read_text()
    holds.release_hold(proposed, actor=second, on=ON)
    assert told_of(account)["holds"] == []


def test_what_is_taken_back_is_not_told():
    account = lives.account_in(State.CANCELLED, on=ON)
    before = told()
    with pytest.raises(RuntimeError), transaction.atomic():
        lives.hold(account, ["documents"], on=ON)
        raise RuntimeError
    assert told() == before


def test_a_customer_who_came_back_since_is_not_erased_by_an_old_backup():
    account = lives.account_in(State.CANCELLED, on=ON)
    services.reactivate_account(account, actor=account.main_user, on=ON + DAY)
    stood = {"state": "cancelled", "cancelled_on": ON, "keep_until": lives.DUE_ON, "erase_on": lives.DUE_ON}
    done = restore(account, **stood)
    account.refresh_from_db()
    assert (done.states, account.state, account.erase_on) == (1, "active", None)
    assert erasure.erase_due(on=lives.DUE_ON, at=lives.moment(lives.DUE_ON)) == 0


def test_a_trial_that_was_activated_and_cancelled_since_is_cancelled_again():
    account = lives.account_in(State.ACTIVE, on=ON)
    services.cancel_account(account, actor=account.main_user, on=ON + DAY)
    done = restore(account, state="trial", cancelled_on=None, keep_until=None, erase_on=None, warn_on=None)
    account.refresh_from_db()
    assert (done.states, account.state, account.cancelled_on) == (1, "cancelled", ON + DAY)
    assert account.erase_on == services.rules.rule("cancelled").erase.after(ON + DAY)


@pytest.mark.clause("15")
def test_a_block_is_set_again_and_one_that_was_lifted_is_lifted():
    account = lives.account_in(State.ACTIVE, on=ON)
    clerk = StaffFactory()
    blocking.block_account(account, actor=clerk, because=uuid4(), at=AT)
    assert restore(account, blocked_at=None).blocked == 1
    account.refresh_from_db()
    assert account.blocked_at == AT
    told()
    blocking.unblock_account(account, actor=clerk, because=uuid4())
    assert restore(account, blocked_at=AT).unblocked == 1
    account.refresh_from_db()
    assert account.blocked_at is None


@pytest.mark.clause("5 hold")
def test_a_hold_of_after_the_backup_stands_again_to_be_looked_at_soon():
    account = lives.account_in(State.CANCELLED, on=ON)
    held = lives.hold(account, ["documents"], on=ON)
    line, placed_by, confirmed_by = told_of(account), held.placed_by, held.confirmed_by
    Hold.objects.all().delete()
    with isolation.acting_as(isolation.NOBODY), connection.cursor() as cursor, transaction.atomic():
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM accounts_user WHERE id = %s", [confirmed_by.pk])
        cursor.execute("DELETE FROM processors_statement WHERE user_id = %s", [confirmed_by.pk])
    LedgerNote.objects.all().delete()
    done = standing.Restored()
    standing.set_again(line, done, at=AT + DAY)
    again = Hold.objects.get()
    assert (done.holds_placed, again.reference, again.categories, again.placed_by) == (
        1, held.reference, ["documents"], placed_by,
    )  # fmt: skip
    assert (again.confirmed_by.reference, again.confirmed_by.is_active) == (confirmed_by.reference, False)
    assert again.review_on == ON + DAY + timedelta(days=7)
    standing.set_again(line, done, at=AT + DAY)
    assert Hold.objects.count() == 1
    erasure.erase_due(on=lives.DUE_ON, at=lives.moment(lives.DUE_ON))
    account.refresh_from_db()
    assert account.deferred == ["documents"]


@pytest.mark.clause("5 hold")
def test_a_hold_that_was_released_since_stands_no_more():
    account = lives.account_in(State.CANCELLED, on=ON)
    held = lives.hold(account, ["documents"], on=ON)
    told()
    holds.release_hold(held, actor=held.placed_by, on=ON)
    line = told_of(account)
    Hold.objects.update(released_on=None, released_by=None)
    LedgerNote.objects.all().delete()
    done = standing.Restored()
    standing.set_again(line, done, at=AT + DAY)
    assert (done.holds_released, Hold.objects.active().count()) == (1, 0)


def test_what_changed_behind_the_last_line_is_newer_than_it():
    account = lives.account_in(State.ACTIVE, on=ON)
    line = told_of(account)
    services.cancel_account(account, actor=account.main_user, on=ON)
    standing.set_again(line, standing.Restored(), at=AT)
    account.refresh_from_db()
    assert account.state == "cancelled"
