"""Envelope encryption: one data key per account, wrapped by a key-encryption key; AES-256-GCM throughout.

Every value is bound to its table, column, row and account: moved elsewhere, it does not open. Destroying an account's
data key makes everything under it unreadable, in old backups too, which is the first step of erasure (§6, §14).

Data keys are wrapped by a ``Wrapper``: the ``Keyring`` with keys from the environment or a file, or a class in front of
a key management service, named by the setting ``KEY_WRAPPER``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Protocol, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models
from django.utils.module_loading import import_string

from cannonworks.errors import KeyUnavailable

NONCE_BYTES = 12
KEY_BYTES = 32
FORMAT = b"\x01"  # first byte of every sealed value
MARK_BYTES = 4  # first bytes of every lookup hash: under which key it is


class Wrapper(Protocol):
    """What keeps the key-encryption keys. ``current`` is the id of the one that wraps now.

    An account's reference is bound to what is wrapped for it: of another account it does not open.
    """

    current: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the setting KEY_ENCRYPTION_KEYS, without a word to the outside. Raises KeyUnavailable."""

    def wrap(self, data_key: bytes, *, account: str) -> tuple[str, bytes]:
        """Return (id of the key that wrapped, wrapped data key). Raises KeyUnavailable."""

    def unwrap(self, key_id: str, wrapped: bytes, *, account: str) -> bytes:
        """Return the data key of 32 bytes. Raises KeyUnavailable, never returns another key."""


@dataclass(frozen=True)
class Keyring:
    """The key-encryption keys by id; ``current`` wraps new data keys, every one of them unwraps."""

    keys: Mapping[str, bytes]
    current: str

    @classmethod
    def parse(cls, text: str) -> Keyring:
        """Read ``id:base64[,id:base64…]``, or one on each line; the first is the current one. Raises KeyUnavailable."""
        keys = _keys(text, name="KEY_ENCRYPTION_KEYS")
        return cls(keys, next(iter(keys)))

    def wrap(self, data_key: bytes, *, account: str) -> tuple[str, bytes]:
        """Return (key id, wrapped data key), bound to the account's reference."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = AESGCM(self.keys[self.current]).encrypt(nonce, data_key, context("data-key", account))
        return self.current, nonce + sealed

    def unwrap(self, key_id: str, wrapped: bytes, *, account: str) -> bytes:
        """Return the data key. Raises KeyUnavailable when the key is missing, wrong, or of another account."""
        if key_id not in self.keys:
            raise KeyUnavailable(f"The key-encryption key {key_id!r} is not available.")
        try:
            return AESGCM(self.keys[key_id]).decrypt(
                wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], context("data-key", account)
            )
        except (InvalidTag, ValueError) as error:  # too short to be a wrapped key is a ValueError
            raise KeyUnavailable(f"The key-encryption key {key_id!r} does not open this data key.") from error


def decode_key(encoded: str, *, name: str) -> bytes:
    """Return the 32 bytes of a base64 key; KeyUnavailable names the setting, never its value."""
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyUnavailable(f"{name} must be 32 bytes in base64.")
    return key


def keyring() -> Wrapper:
    """The key-encryption keys of the settings, parsed once per value."""
    return _parsed(settings.KEY_WRAPPER, settings.KEY_ENCRYPTION_KEYS)


@cache
def _parsed(wrapper: str, text: str) -> Wrapper:
    return import_string(wrapper).parse(text)


def _keys(text: str, *, name: str, first: str = "") -> dict[str, bytes]:
    """Keys by id, in their order; ``first`` is the id of a key that stands alone without one."""
    keys: dict[str, bytes] = {}
    pieces = [piece for piece in re.split(r"[,\s]+", text) if piece]
    for piece in pieces:
        key_id, colon, encoded = piece.partition(":")
        if not colon and first and len(pieces) == 1:
            key_id, encoded = first, piece
        # Without a colon it may be the key itself that stands where its id should be.
        told = name if key_id == first else f"{name} ({key_id if key_id and colon else 'no id'})"
        if key_id in keys:
            raise KeyUnavailable(f"{told}: two keys have this id.")
        keys[key_id] = decode_key(encoded, name=told)
    if not keys or "" in keys:
        raise KeyUnavailable(f"{name} must read id:base64, with 32 bytes in each key.")
    return keys


def new_data_key() -> bytes:
    """32 random bytes: the data key of one account."""
    return os.urandom(KEY_BYTES)


def cipher(key: bytes) -> AESGCM:
    """The same key made ready once, for ``seal`` and ``unseal`` of many values; let go of it as soon as of the key."""
    return AESGCM(key)


def seal(value: str, *, key: bytes | AESGCM, column: str, row: str, account: str) -> bytes:
    """Encrypt ``value`` for exactly one place: ``column`` ("table.column"), the row's and the account's reference."""
    nonce = os.urandom(NONCE_BYTES)
    with_it = AESGCM(key) if isinstance(key, bytes) else key
    return FORMAT + nonce + with_it.encrypt(nonce, value.encode(), _place(column, row, account))


def unseal(sealed: bytes, *, key: bytes | AESGCM, column: str, row: str, account: str) -> str:
    """Decrypt what ``seal`` made for this very place; KeyUnavailable when anything about it differs."""
    sealed = bytes(sealed)
    if sealed[:1] != FORMAT or len(sealed) < 1 + NONCE_BYTES + 16:
        raise KeyUnavailable("The encrypted value is damaged.")
    with_it = AESGCM(key) if isinstance(key, bytes) else key
    try:
        body = with_it.decrypt(sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :], _place(column, row, account))
    except InvalidTag as error:
        raise KeyUnavailable("The encrypted value does not belong to this place, or its key is another.") from error
    return body.decode()


class LookupKey:
    """A key of keyed hashes (BLAKE2b), and the ``mark`` with which all its hashes begin."""

    def __init__(self, key_id: str, key: bytes) -> None:
        self.key_id = key_id
        self._begun = hashlib.blake2b(key=key, digest_size=32)
        # It follows from the key and not from its id: another key under the same id is seen to be another.
        self.mark = hashlib.blake2b(b"mark", key=key, digest_size=32).digest()[:MARK_BYTES]

    def hash(self, value: str, account: str) -> bytes:
        """36 bytes: the mark, and a hash of the value in this account."""
        hashed = self._begun.copy()
        hashed.update(_LOOKUP + _name(account) + _part(value))
        return self.mark + hashed.digest()


def lookup_keys() -> list[LookupKey]:
    """The keys of LOOKUP_KEY, ``id:base64[,id:base64…]``: the first hashes, by all of them is looked for."""
    return _lookup_keys(settings.LOOKUP_KEY)


@cache
def _lookup_keys(text: str) -> list[LookupKey]:
    return [LookupKey(*named) for named in _keys(text, name="LOOKUP_KEY", first="1").items()]


def lookup_hash(value: str, *, account: str) -> bytes:
    """Keyed hash to store beside an encrypted value, by which it is found within one account (36 bytes)."""
    return lookup_keys()[0].hash(value, account)


def lookup_hashes(value: str, *, account: str) -> list[bytes]:
    """What ``lookup_hash`` gives, or gave under an earlier key that is still there: one of these is to be found."""
    return [key.hash(value, account) for key in lookup_keys()]


def seal_secret(text: str, *, purpose: str) -> str:
    """Encrypt what is of no account (a second factor, a mail on its way), for one ``purpose`` alone.

    It has a key of its own, wrapped as those of accounts are: ``id:wrapped:sealed``, the latter two in base64.
    """
    key_id, wrapped, sealed = seal_bytes(text.encode(), purpose=purpose)
    return ":".join((key_id, *(base64.b64encode(raw).decode() for raw in (wrapped, sealed))))


def unseal_secret(sealed: str, *, purpose: str) -> str:
    """Decrypt what ``seal_secret`` made for this purpose; KeyUnavailable when its key is missing or another."""
    try:
        key_id, *encoded = sealed.split(":")
        wrapped, raw = (base64.b64decode(part, validate=True) for part in encoded)
    except ValueError as error:
        raise KeyUnavailable("The secret is damaged.") from error
    return unseal_bytes(key_id, wrapped, raw, purpose=purpose).decode()


def seal_bytes(content: bytes, *, purpose: str) -> tuple[str, bytes, bytes]:
    """Encrypt what is of no account under a key of its own: (id of the key that wrapped that, wrapped key, sealed)."""
    key, nonce = new_data_key(), os.urandom(NONCE_BYTES)
    key_id, wrapped = keyring().wrap(key, account=_of_no_account(purpose))
    return key_id, wrapped, nonce + AESGCM(key).encrypt(nonce, content, context("secret", purpose))


def unseal_bytes(key_id: str, wrapped: bytes, sealed: bytes, *, purpose: str) -> bytes:
    """Decrypt what ``seal_bytes`` made for this purpose; KeyUnavailable when its key is missing or another."""
    try:
        key = keyring().unwrap(key_id, wrapped, account=_of_no_account(purpose))
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context("secret", purpose))
    except (InvalidTag, ValueError) as error:
        raise KeyUnavailable("The secret is damaged, or was made for another purpose.") from error


def unwrapped(ring: Wrapper, key_id: str, wrapped: bytes, *, purpose: str) -> bytes:
    """The key that ``seal_bytes`` made for this purpose. Raises KeyUnavailable."""
    return ring.unwrap(key_id, wrapped, account=_of_no_account(purpose))


def rewrapped(ring: Wrapper, key: bytes, *, purpose: str) -> tuple[str, bytes]:
    """The same key, wrapped for this purpose under the current one: (id of that, wrapped key)."""
    return ring.wrap(key, account=_of_no_account(purpose))


def _of_no_account(purpose: str) -> str:
    return f"secret:{purpose}"  # no reference of an account reads so


def context(*parts: str) -> bytes:
    """Bytes for these parts, each with its length before it, so that no two different lists give the same."""
    return b"".join([_part(part) for part in parts])


def _place(column: str, row: str, account: str) -> bytes:
    return _name(column) + _part(row) + _name(account)


def _part(text: str) -> bytes:
    raw = text.encode()
    return _LENGTHS[len(raw)] + raw


#: Made once, for this runs with every value: lengths in two bytes, and the names that come again with every row.
_LENGTHS = [length.to_bytes(2, "big") for length in range(4096)]
_name = lru_cache(maxsize=1024)(_part)
_LOOKUP = _part("lookup")


class EncryptedField(models.BinaryField):
    """A column with sealed text; reading the row decrypts nothing, ``open_value`` does.

    The row needs a ``reference`` (random, known before the row is written) and an ``account``. ``lookup`` names the
    column with the keyed hash by which the value is found; the two are written together.
    """

    def __init__(self, *args: Any, lookup: str = "", **options: Any) -> None:
        self.lookup = lookup
        super().__init__(*args, **options)

    def seal_value(self, row: models.Model, value: str, *, key: bytes | AESGCM) -> None:
        """Set this column of ``row`` to ``value``, sealed for that place, and its lookup column to the hash."""
        place = self._place(row)
        setattr(row, self.attname, seal(value, key=key, **place))
        if self.lookup:
            setattr(row, self.lookup, lookup_hash(value, account=place["account"]))

    def open_value(self, row: models.Model, *, key: bytes | AESGCM) -> str:
        """Return the plain text of this column of ``row``."""
        return unseal(getattr(row, self.attname), key=key, **self._place(row))

    def _place(self, row: models.Model) -> dict[str, str]:
        return {
            "column": f"{row._meta.db_table}.{self.column}",
            "row": str(row.reference),  # type: ignore[attr-defined]
            "account": str(row.account.reference),  # type: ignore[attr-defined]
        }
