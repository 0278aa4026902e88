"""Sealing for one place, wrapping for one account, and keys that are not what they should be."""

from __future__ import annotations

import base64

import pytest

from accounts.models import DataKey
from accounts.services import data_key
from cannonworks import encryption
from cannonworks.encryption import Keyring, lookup_hash, lookup_hashes, lookup_keys, seal, unseal
from cannonworks.errors import KeyUnavailable
from tests.factories import AccountFactory

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
    "text",
    [
        "",
        ",",
        ENCODED,
        f":{ENCODED}",
        "a:",
        "a:b",
        f"a:{ENCODED[:-4]}",
        f"a:{ENCODED}!",
        f"a:{ENCODED},b",
        f"a:{ENCODED},a:{ENCODED}",
    ],
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
    assert (len(found), found) == (36, lookup_hash("111222333", account="account-1"))
    assert found != lookup_hash("111222333", account="account-2")
    assert found != lookup_hash("123456782", account="account-1")
    settings.LOOKUP_KEY = base64.b64encode(bytes(32)).decode()
    assert found != lookup_hash("111222333", account="account-1")


def test_a_lookup_key_of_the_wrong_length_is_refused_by_name(settings):
    settings.LOOKUP_KEY = "c2hvcnQ="
    with pytest.raises(KeyUnavailable, match="LOOKUP_KEY must be 32 bytes in base64"):
        lookup_hash("111222333", account="account-1")


@pytest.mark.clause("7")
def test_by_all_lookup_keys_is_looked_for_and_the_first_one_hashes(settings):
    old, new = f"old:{ENCODED}", f"new:{base64.b64encode(bytes(32)).decode()}"
    settings.LOOKUP_KEY = old
    before = lookup_hash("111222333", account="account-1")
    settings.LOOKUP_KEY = f"{new},{old}"
    assert lookup_hashes("111222333", account="account-1") == [lookup_hash("111222333", account="account-1"), before]
    assert [(key.key_id, len(key.mark)) for key in lookup_keys()] == [("new", 4), ("old", 4)]
    assert before[:4] == lookup_keys()[1].mark != lookup_keys()[0].mark


def test_a_lookup_key_that_stands_alone_needs_no_id(settings):
    settings.LOOKUP_KEY = ENCODED
    alone = lookup_hash("111222333", account="account-1")
    settings.LOOKUP_KEY = f"1:{ENCODED}"
    assert (lookup_keys()[0].key_id, lookup_hash("111222333", account="account-1")) == ("1", alone)
    settings.LOOKUP_KEY = f"{ENCODED},{ENCODED}"
    with pytest.raises(KeyUnavailable) as caught:
        lookup_keys()
    assert ENCODED not in str(caught.value)


class Elsewhere:
    """A key management service as a class of one's own: what it is told is what the setting says."""

    current = "alias/cannonworks"

    @classmethod
    def parse(cls, text):
        assert text == "https://kms.example"
        return cls()

    def wrap(self, data_key, *, account):
        return self.current, data_key[::-1] + account.encode()

    def unwrap(self, key_id, wrapped, *, account):
        if key_id != self.current or wrapped[32:] != account.encode():
            raise KeyUnavailable("The service does not open this data key.")
        return wrapped[:32][::-1]


@pytest.mark.clause("7")
@pytest.mark.django_db
def test_a_service_of_ones_own_can_keep_the_keys(settings):
    settings.KEY_WRAPPER, settings.KEY_ENCRYPTION_KEYS = (
        "tests.cannonworks.test_encryption.Elsewhere",
        "https://kms.example",
    )
    account, other = AccountFactory(), AccountFactory()
    row = DataKey.objects.get(account=account)
    assert (row.key_id, bytes(row.wrapped)[32:]) == ("alias/cannonworks", str(account.reference).encode())
    assert len(data_key(account)) == 32
    DataKey.objects.filter(account=account).update(wrapped=DataKey.objects.get(account=other).wrapped)
    with pytest.raises(KeyUnavailable):
        data_key(account)


def test_a_cipher_made_once_does_the_same():
    ready = encryption.cipher(KEY)
    assert unseal(seal("111222333", key=ready, **PLACE), key=KEY, **PLACE) == "111222333"
    assert unseal(seal("111222333", key=KEY, **PLACE), key=ready, **PLACE) == "111222333"


def test_new_keys_are_random():
    assert encryption.new_data_key() != encryption.new_data_key()
