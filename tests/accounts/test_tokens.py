"""Device tokens: hashed, limited, ended in time, revocable, and gone with the account (§1)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.utils import timezone
from knox.crypto import hash_token

from accounts import services, tokens
from accounts.models import Account, DeviceToken
from accounts.states import State
from cannonworks import isolation
from cannonworks.errors import Refused
from journal.models import Entry
from tests import lives
from tests.callers import API, device, problem
from tests.factories import AccountFactory
from tests.lives import age

pytestmark = [pytest.mark.django_db, pytest.mark.clause("1")]
AT = datetime.fromisoformat("2026-11-22T12:00:00+01:00")


def make(user, *, name="Telefoon", at=AT):
    return tokens.make_token(user, name=name, at=at)


def told(event):
    return [
        (entry.account_reference, entry.actor_reference, entry.clause, entry.facts)
        for entry in Entry.objects.filter(event=event)
    ]


def test_a_token_is_shown_once_and_only_its_digest_is_kept(holder):
    row, token = make(holder)
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM accounts_devicetoken t")
        ((kept,),) = cursor.fetchall()
    assert token.startswith("cw_")
    assert token[3:] not in kept
    assert token[3:15] not in kept
    assert hash_token(token) in kept
    assert told("token.made") == [
        (
            holder.account.reference,
            holder.reference,
            "1",
            {"token": str(row.reference), "expires_at": row.expiry.isoformat()},
        )
    ]


@pytest.mark.parametrize(
    ("off", "counts"), [(timedelta(microseconds=-1), True), (timedelta(), False), (timedelta(1), False)]
)
def test_a_token_counts_until_the_instant_at_which_it_expires(holder, settings, off, counts):
    row, token = make(holder)
    assert row.expiry == AT + timedelta(days=settings.DEVICE_TOKEN_DAYS)
    assert tokens.find_token(token, at=row.expiry + off) == (row if counts else None)


def test_a_token_of_somebody_who_may_not_sign_in_any_more_does_not_count(holder):
    row, token = make(holder)
    assert tokens.find_token(token, at=AT) == row
    holder.is_active = False
    holder.save()
    assert tokens.find_token(token, at=AT) is None


@pytest.mark.clause("6")
def test_a_token_of_a_claimed_account_does_not_count_and_goes_with_the_erasure():
    account = AccountFactory(state=State.CANCELLED, cancelled_on=lives.CANCELLED_ON)
    _row, token = make(account.main_user)
    Account.objects.filter(pk=account.pk).update(claimed_at=AT)
    assert tokens.find_token(token, at=AT) is None
    Account.objects.filter(pk=account.pk).update(claimed_at=None)
    assert tokens.find_token(token, at=AT) is not None
    assert lives.erase(account, on=lives.DUE_ON).state == State.ERASED
    assert not DeviceToken.objects.exists()


@pytest.mark.clause("6")
def test_the_fence_lets_no_token_into_a_claimed_account():
    account = AccountFactory(state=State.CANCELLED)
    Account.objects.filter(pk=account.pk).update(claimed_at=AT)
    with pytest.raises(Refused, match="vernietigd"):
        make(account.main_user)
    with pytest.raises(IntegrityError, match="being erased"):
        DeviceToken.objects.create(
            user=account.main_user, account=account, name="Zo", digest="x", created=AT, expiry=AT + timedelta(1)
        )


def test_staff_get_no_token_not_even_from_the_database(staff):
    with pytest.raises(Refused) as refused:
        make(staff)
    assert refused.value.code == "staff_sign_in"
    with pytest.raises(IntegrityError):
        DeviceToken.objects.create(user=staff, name="Zo", digest="x", created=AT, expiry=AT + timedelta(1))


def test_a_user_has_so_many_devices_and_expired_ones_do_not_count(holder, colleague, settings):
    settings.DEVICE_TOKENS_PER_USER = 2
    first, _token = make(holder)
    make(holder)
    with pytest.raises(Refused) as refused:
        make(holder)
    assert refused.value.code == "too_many_devices"
    make(colleague)
    later, _token = make(holder, at=first.expiry)
    assert [row.reference for row in DeviceToken.objects.of(holder)] == [later.reference]


def test_a_device_needs_a_name(holder):
    with pytest.raises(ValidationError):
        make(holder, name="")
    with pytest.raises(ValidationError):
        make(holder, name="x" * 61)


def test_the_last_use_is_written_once_a_minute_at_most(holder, django_assert_num_queries):
    row, token = make(holder)
    tokens.note_use(row, at=AT)
    for seconds, queries, noted in ((59, 0, 0), (60, 3, 60), (61, 0, 60)):
        row = tokens.find_token(token, at=AT)
        with django_assert_num_queries(queries):
            tokens.note_use(row, at=AT + timedelta(seconds=seconds))
        row.refresh_from_db()
        assert row.last_used_at == AT + timedelta(seconds=noted)


@pytest.mark.clause("6")
def test_a_claim_between_two_looks_at_a_token_is_a_refusal(holder, monkeypatch):
    """The account is claimed after the token was found and before its use is noted."""

    def found_late(token, *, at):
        with isolation.acting_as(isolation.JOBS):
            services.cancel_account(holder.account, actor=holder, on=AT.date())
            Account.objects.filter(pk=holder.account_id).update(claimed_at=AT)
        return DeviceToken.objects.select_related("user__account").defer("user__password").get()

    client = device(holder)
    monkeypatch.setattr(tokens, "find_token", found_late)
    problem(client.get(f"{API}/account/"), 409, "being_erased")


def test_two_requests_at_once_note_one_use(holder):
    _row, token = make(holder)
    first, second = tokens.find_token(token, at=AT), tokens.find_token(token, at=AT)
    tokens.note_use(first, at=AT)
    tokens.note_use(second, at=AT + timedelta(seconds=1))
    first.refresh_from_db()
    assert first.last_used_at == AT


def test_a_device_is_revoked_by_its_own_user_only_and_once(holder, colleague):
    row, token = make(holder)
    tokens.revoke_token(row, actor=colleague)
    assert tokens.find_token(token, at=AT) == row
    tokens.revoke_token(row, actor=holder)
    tokens.revoke_token(row, actor=holder)
    assert tokens.find_token(token, at=AT) is None
    assert told("token.revoked") == [(holder.account.reference, holder.reference, "1", {"token": str(row.reference)})]


def test_all_devices_of_one_user_are_revoked_together(holder, colleague):
    for _n in range(3):
        make(holder)
    make(colleague)
    assert (tokens.revoke_tokens(holder), tokens.revoke_tokens(holder)) == (3, 0)
    assert [row.user for row in DeviceToken.objects.all()] == [colleague]
    assert told("tokens.revoked") == [(holder.account.reference, holder.reference, "1", {"count": 3})]


def test_the_night_takes_what_expired(holder):
    now = timezone.now()
    over, _token = make(holder, at=now - timedelta(days=80))
    kept, _token = make(holder, at=now)
    DeviceToken.objects.filter(pk=over.pk).update(expiry=now)
    assert age(timezone.localdate(now)) == 0  # it may still sign in today
    assert age(timezone.localdate(now) + timedelta(days=1)) == 1
    assert list(DeviceToken.objects.values_list("pk", flat=True)) == [kept.pk]


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer a b", "Bearer wrong", "Bearer é", "Bearer " + "x" * 4000, "bearer cw_" + "0" * 64]
)
def test_a_header_that_is_no_token_of_ours_is_a_401_that_tells_nothing(client, header):
    response = client.get(f"{API}/account/", headers={"authorization": header})
    assert response["WWW-Authenticate"] == "Bearer"
    problem(response, 401, "authentication_failed")


def test_an_expired_token_is_refused_and_left_for_the_night(holder):
    client = device(holder)
    assert client.get(f"{API}/account/").status_code == 200
    DeviceToken.objects.update(created=AT - timedelta(2), expiry=timezone.now())
    problem(client.get(f"{API}/account/"), 401, "authentication_failed")
    assert DeviceToken.objects.count() == 1
