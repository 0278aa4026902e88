"""Keys change under running traffic: all of it or told, killed or twice, and nothing that was destroyed comes back."""

from __future__ import annotations

import base64
import json
import os
import signal
from threading import Event

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.db import transaction

from accounts import keys
from accounts.keys import Rotation, rotate_keys
from accounts.models import Account, DataKey
from accounts.services import data_key
from accounts.states import State
from cannonworks import encryption
from cannonworks.encryption import keyring, lookup_keys
from cannonworks.errors import KeyUnavailable
from journal.models import Entry
from relations.models import Employee
from relations.services import add_employee, reveal_bsn
from retention import erasure
from tests.factories import TOTP_SECRET, AccountFactory
from tests.lives import BSN, CANCELLED_ON, DUE_ON, account_in, hold, moment
from tests.processes import Beside, ended, fork, is_waiting_for_a_lock, manage, until
from tests.signin import totp

pytestmark = [pytest.mark.django_db, pytest.mark.clause("7", "19")]
real_connections = pytest.mark.django_db(transaction=True)


def fresh_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


@pytest.fixture
def new_keys(settings):
    """Call it to put new keys in front of the old ones."""

    def put():
        settings.KEY_ENCRYPTION_KEYS = f"new:{fresh_key()},{settings.KEY_ENCRYPTION_KEYS}"
        settings.LOOKUP_KEY = f"new:{fresh_key()},{settings.LOOKUP_KEY}"

    return put


@pytest.fixture
def only_new(settings):
    """Call it to forget the old ones."""

    def forget():
        for name in ("KEY_ENCRYPTION_KEYS", "LOOKUP_KEY"):
            setattr(settings, name, getattr(settings, name).partition(",")[0])

    return forget


def accounts_with_a_bsn(count: int) -> list[Account]:
    accounts = [AccountFactory() for _each in range(count)]
    for account in accounts:
        add_employee(account, actor=account.main_user, bsn=BSN, first_name="Tom", last_name="Werk")
    return accounts


def under() -> dict[str, int]:
    ids = list(DataKey.objects.values_list("key_id", flat=True))
    return {key_id: ids.count(key_id) for key_id in set(ids)}


def everything_opens(accounts: list[Account]) -> None:
    for account in accounts:
        employee = Employee.objects.get(account=account)
        assert reveal_bsn(employee, actor=account.main_user) == BSN
        assert list(Employee.objects.with_bsn(BSN, account=account)) == [employee]


@pytest.mark.parametrize("batch", [1, 2, 500])
def test_all_is_under_the_new_keys_and_the_old_ones_can_go(new_keys, only_new, monkeypatch, batch):
    monkeypatch.setattr(keys, "BATCH", batch)
    accounts = accounts_with_a_bsn(3)
    before = {account.pk: data_key(account) for account in accounts}
    new_keys()
    assert rotate_keys() == Rotation("new", 3, 3, "new", 3, 3)
    only_new()
    assert under() == {"new": 3}
    assert {account.pk: data_key(account) for account in accounts} == before
    everything_opens(accounts)
    assert rotate_keys() == Rotation("new", 0, 3, "new", 0, 3)


def test_the_journal_tells_it_with_counts(new_keys):
    accounts_with_a_bsn(2)
    new_keys()
    rotate_keys()
    told = Entry.objects.filter(event__startswith="keys.").order_by("id").values_list("event", "clause", "facts")
    assert list(told) == [
        ("keys.rewrapped", "7", {"key": "new", "count": 2}),
        ("keys.rehashed", "7", {"key": "new", "table": "relations_employee", "count": 2}),
        ("keys.rotated", "7", {
            "key": "new", "rewrapped": 2, "opened": 2, "lookup_key": "new", "rehashed": 2, "hashes": 2,
            "resealed": 0, "factors": 0, "opt_outs": 0, "papers_rewrapped": 0, "papers": 0,
        }),
    ]  # fmt: skip


def test_second_factors_are_sealed_anew_and_still_count(new_keys, only_new, holder):
    TOTP.activate(holder, TOTP_SECRET)
    codes = RecoveryCodes.activate(holder).get_unused_codes()
    new_keys()
    done = rotate_keys()
    assert (done.resealed, done.factors) == (2, 2)
    only_new()
    factors = {row.type: row for row in Authenticator.objects.filter(user=holder)}
    assert factors["totp"].wrap().validate_code(totp())
    assert factors["recovery_codes"].wrap().get_unused_codes() == codes
    assert rotate_keys().resealed == 0


def test_what_was_hashed_in_another_way_is_hashed_anew():
    accounts = accounts_with_a_bsn(1)
    Employee.objects.update(bsn_hash=bytes(4) + b"x" * 32)
    assert rotate_keys().rehashed == 1
    everything_opens(accounts)


def test_a_damaged_key_stops_no_other_and_is_told(new_keys):
    accounts = accounts_with_a_bsn(3)
    damaged = DataKey.objects.get(account=accounts[1])
    DataKey.objects.filter(pk=damaged.pk).update(wrapped=bytes(damaged.wrapped)[:-1])
    new_keys()
    with pytest.raises(
        KeyUnavailable, match="^1 data keys are not under the key 'new': .* does not open this data key"
    ):
        rotate_keys()
    assert under() == {"new": 2, "local-1": 1}
    everything_opens([accounts[0], accounts[2]])
    assert not Entry.objects.filter(event="keys.rotated").exists()


def test_a_missing_old_key_is_told_and_changes_nothing(new_keys, only_new):
    accounts_with_a_bsn(2)
    before = list(DataKey.objects.order_by("pk").values_list("key_id", "wrapped"))
    new_keys(), only_new()
    with pytest.raises(KeyUnavailable, match="^2 data keys are not under the key 'new': .* 'local-1' is not available"):
        rotate_keys()
    assert list(DataKey.objects.order_by("pk").values_list("key_id", "wrapped")) == before


def test_another_key_under_the_same_id_is_found_out(settings):
    accounts_with_a_bsn(1)
    settings.KEY_ENCRYPTION_KEYS = f"{keyring().current}:{fresh_key()}"
    with pytest.raises(KeyUnavailable, match="does not open this data key"):
        rotate_keys()


def test_a_value_that_does_not_open_leaves_its_hash_and_is_told(new_keys):
    first, second = accounts_with_a_bsn(2)
    Employee.objects.filter(account=first).update(bsn=Employee.objects.get(account=second).bsn)
    new_keys()
    with pytest.raises(KeyUnavailable, match="^1 hashes in relations_employee.bsn_hash are not under the key 'new'"):
        rotate_keys()
    everything_opens([second])


def test_what_is_written_wrong_is_not_kept(new_keys, monkeypatch):
    accounts = accounts_with_a_bsn(2)
    new_keys()
    wrap = encryption.Keyring.wrap
    monkeypatch.setattr(
        encryption.Keyring, "wrap", lambda ring, key, *, account: wrap(ring, key[::-1], account=account)
    )
    with pytest.raises(KeyUnavailable, match="nothing of this batch is changed"):
        rotate_keys()
    assert under() == {"local-1": 2}
    everything_opens(accounts)


def test_values_without_their_key_are_left_to_the_erasure(new_keys):
    first, _other = accounts_with_a_bsn(2)
    DataKey.objects.filter(account=first).delete()
    new_keys()
    assert rotate_keys() == Rotation("new", 1, 1, "new", 1, 2)


@pytest.mark.clause("5")
def test_what_a_hold_keeps_of_an_erased_account_goes_along(new_keys, only_new):
    account = account_in(State.ACTIVE, on=CANCELLED_ON)
    add_employee(account, actor=account.main_user, bsn=BSN, first_name="Tom", last_name="Werk")
    from accounts.services import cancel_account

    cancel_account(account, actor=account.main_user, on=CANCELLED_ON)
    hold(account, ["employees"], on=CANCELLED_ON)
    assert erasure.erase_due(on=DUE_ON, at=moment(DUE_ON)) == 1
    new_keys()
    assert rotate_keys() == Rotation("new", 1, 1, "new", 1, 1, 2, 2)
    only_new()
    employee = Employee.objects.get()
    assert Employee._meta.get_field("bsn").open_value(employee, key=data_key(employee.account)) == BSN
    assert bytes(employee.bsn_hash)[:4] == lookup_keys()[0].mark


# --- Killed, twice, and racing -----------------------------------------------------------------------------------


@real_connections
def test_a_killed_rotation_is_finished_by_the_next(new_keys, only_new):
    accounts = accounts_with_a_bsn(6)
    new_keys()

    def worker():
        keys.BATCH = 2
        real, calls = keys._rewrap, []
        keys._rewrap = lambda rows, ring: (
            real(rows, ring) if len(calls) < 2 and not calls.append(1) else (real(rows, ring), os.kill(os.getpid(), signal.SIGKILL))
        )  # fmt: skip
        rotate_keys()

    assert ended(fork(worker)) == -signal.SIGKILL
    assert under() == {"new": 4, "local-1": 2}
    everything_opens(accounts)
    assert rotate_keys() == Rotation("new", 2, 6, "new", 6, 6)
    only_new()
    everything_opens(accounts)


@real_connections
def test_two_rotations_at_once_do_everything_once(new_keys, only_new, monkeypatch):
    monkeypatch.setattr(keys, "BATCH", 3)
    accounts = accounts_with_a_bsn(30)
    new_keys()
    both = [Beside(rotate_keys) for _each in range(2)]
    done = [one.result() for one in both]
    assert (sum(one.rewrapped for one in done), sum(one.rehashed for one in done)) == (30, 30)
    assert {(one.opened, one.hashes) for one in done} == {(30, 30)}
    only_new()
    everything_opens(accounts)


@real_connections
def test_a_key_that_somebody_holds_is_waited_for_and_the_others_go_first(new_keys):
    accounts = accounts_with_a_bsn(3)
    new_keys()
    locked, go_on = Event(), Event()

    def hold_and_destroy() -> None:
        with transaction.atomic():
            key = DataKey.objects.select_for_update().get(account=accounts[0])
            locked.set()
            assert go_on.wait(20)
            key.delete()  # as an erasure does

    holder = Beside(hold_and_destroy)
    assert locked.wait(20)
    rotation = Beside(rotate_keys)
    until(is_waiting_for_a_lock, "the rotation waits for the last key")
    assert under() == {"new": 2, "local-1": 1}
    go_on.set()
    holder.result()
    assert rotation.result() == Rotation("new", 2, 2, "new", 2, 3)
    assert not DataKey.objects.filter(account=accounts[0]).exists()


@real_connections
@pytest.mark.clause("6")
def test_a_key_that_is_destroyed_during_a_rotation_stays_destroyed(new_keys, monkeypatch):
    account, other = account_in(State.CANCELLED, on=CANCELLED_ON), AccountFactory()
    new_keys()
    read, go_on = Event(), Event()
    wrap = encryption.Keyring.wrap

    def slowly(ring, key, *, account):
        read.set()
        assert go_on.wait(20)
        return wrap(ring, key, account=account)

    monkeypatch.setattr(encryption.Keyring, "wrap", slowly)
    rotation = Beside(rotate_keys)
    assert read.wait(20)
    erasing = Beside(lambda: erasure.erase_due(on=DUE_ON, at=moment(DUE_ON)))
    until(is_waiting_for_a_lock, "the erasure waits for the batch")
    go_on.set()
    assert (erasing.result(), rotation.result().rewrapped) == (1, 2)
    assert list(DataKey.objects.values_list("account", "key_id")) == [(other.pk, "new")]
    account.refresh_from_db()
    assert account.state == State.ERASED


@real_connections
def test_the_command_says_what_it_did_and_exits_with_0_only_when_proven(new_keys):
    accounts_with_a_bsn(2)
    new_keys()
    done = manage("rotate_keys", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == Rotation("new", 2, 2, "new", 2, 2).as_dict()
    again = manage("rotate_keys")
    assert (again.returncode, again.stdout) == (
        0, "0 data keys wrapped anew; all 2 open under 'new'.\n"
        "0 second factors sealed anew; all 0 are under 'new'.\n0 values hashed anew; all 2 are under 'new'.\n"
        "0 papers wrapped anew; all 0 open under 'new'.\n",
    )  # fmt: skip
    DataKey.objects.update(wrapped=b"damaged")
    shut = manage("rotate_keys")
    assert (shut.returncode, shut.stdout) == (1, "")
    assert shut.stderr == "rotate_keys: The key-encryption key 'new' does not open this data key.\n"
