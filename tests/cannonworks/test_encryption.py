"""Sealing for one place, wrapping for one account, and keys that are not what they should be."""

from __future__ import annotations

import base64

import pytest

from cannonworks import encryption
from cannonworks.encryption import Keyring, lookup_hash, seal, unseal
from cannonworks.errors import KeyUnavailable

pytestmark = pytest.mark.clause("19")
KEY = bytes(range(32))
PLACE = {"column": "relations_employee.bsn", "row": "row-1", "account": "account-1"}
ENCODED = base64.b64encode(KEY).decode()


def test_a_value_comes_back_from_its_own_place():
    sealed = seal("111222333", key=KEY, **PLACE)
    assert unseal(sealed, key=KEY, **PLACE) == "111222333"
    assert unseal(memoryview(sealed), key=KEY, **PLACE) == "111222333"
    assert seal("111222333", key=KEY, **PLACE) != sealed  # no two are alike


@pytest.mark.parametrize(
    "other",
    [
        {"column": "relations_employee.phone"}, {"column": "accounts_user.bsn"}, {"row": "row-2"}, {"account": "account-2"},
        {"key": bytes(32)}, {"row": "row-1account-1", "account": ""}, {"column": "relations_employee", "row": ".bsnrow-1"},
    ],
)  # fmt: skip
def test_it_does_not_open_anywhere_else(other):
    sealed = seal("111222333", key=KEY, **PLACE)
    with pytest.raises(KeyUnavailable):
        unseal(sealed, **{"key": KEY, **PLACE, **other})


def test_every_single_byte_counts():
    sealed = seal("111222333", key=KEY, **PLACE)
    for n in range(len(sealed)):
        with pytest.raises(KeyUnavailable):
            unseal(sealed[:n] + bytes([sealed[n] ^ 1]) + sealed[n + 1 :], key=KEY, **PLACE)
        with pytest.raises(KeyUnavailable):
            unseal(sealed[:n], key=KEY, **PLACE)


def test_a_data_key_is_wrapped_for_one_account():
    ring = Keyring({"a": KEY, "b": bytes(32)}, current="a")
    key_id, wrapped = ring.wrap(b"x" * 32, account="account-1")
    assert (key_id, ring.unwrap("a", wrapped, account="account-1")) == ("a", b"x" * 32)
    for wrong in [
        ("b", wrapped, "account-1"),
        ("a", wrapped, "account-2"),
        ("c", wrapped, "account-1"),
        ("a", b"", "account-1"),
    ]:
        with pytest.raises(KeyUnavailable):
            ring.unwrap(*wrong[:2], account=wrong[2])


@pytest.mark.parametrize(
    "text", ["", ",", ENCODED, f":{ENCODED}", "a:", "a:b", f"a:{ENCODED[:-4]}", f"a:{ENCODED}!", f"a:{ENCODED},b"]
)
def test_a_keyring_that_cannot_be_read_says_so_without_repeating_it(text):
    with pytest.raises(KeyUnavailable) as caught:
        Keyring.parse(text)
    assert "KEY_ENCRYPTION_KEYS" in str(caught.value)
    assert ENCODED not in str(caught.value)


def test_the_first_key_wraps_and_all_unwrap():
    ring = Keyring.parse(f" new:{base64.b64encode(bytes(32)).decode()} , old:{ENCODED},")
    assert (ring.current, dict(ring.keys)) == ("new", {"new": bytes(32), "old": KEY})


def test_a_lookup_hash_is_of_one_value_in_one_account_under_one_key(settings):
    settings.LOOKUP_KEY = ENCODED
    found = lookup_hash("111222333", account="account-1")
    assert (len(found), found) == (32, lookup_hash("111222333", account="account-1"))
    assert found != lookup_hash("111222333", account="account-2")
    assert found != lookup_hash("123456782", account="account-1")
    settings.LOOKUP_KEY = base64.b64encode(bytes(32)).decode()
    assert found != lookup_hash("111222333", account="account-1")


def test_a_lookup_key_of_the_wrong_length_is_refused_by_name(settings):
    settings.LOOKUP_KEY = "c2hvcnQ="
    with pytest.raises(KeyUnavailable, match="LOOKUP_KEY must be 32 bytes in base64"):
        lookup_hash("111222333", account="account-1")


def test_new_keys_are_random():
    assert encryption.new_data_key() != encryption.new_data_key()
