"""Envelope encryption: one data key per account, wrapped by a key-encryption key; AES-256-GCM throughout.

Every value is bound to its table, column, row and account: moved elsewhere, it does not open. Destroying an account's
data key makes everything under it unreadable, in old backups too, which is the first step of erasure (§6, §14).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models

from cannonworks.errors import KeyUnavailable

NONCE_BYTES = 12
KEY_BYTES = 32
FORMAT = b"\x01"  # first byte of every sealed value


@dataclass(frozen=True)
class Keyring:
    """The key-encryption keys by id; ``current`` wraps new data keys, every one of them unwraps."""

    keys: Mapping[str, bytes]
    current: str

    @classmethod
    def parse(cls, text: str) -> Keyring:
        """Read ``id:base64[,id:base64…]``; the first is the current one. Raises KeyUnavailable."""
        keys: dict[str, bytes] = {}
        for part in filter(None, (piece.strip() for piece in text.split(","))):
            key_id, colon, encoded = part.partition(":")
            # Without a colon it may be the key itself that stands where its id should be.
            keys[key_id] = decode_key(encoded, name=f"KEY_ENCRYPTION_KEYS ({key_id if key_id and colon else 'no id'})")
        if not keys or "" in keys:
            raise KeyUnavailable("KEY_ENCRYPTION_KEYS must read id:base64, with 32 bytes in each key.")
        return cls(keys, next(iter(keys)))

    def wrap(self, data_key: bytes, *, account: str) -> tuple[str, bytes]:
        """Return (key id, wrapped data key), bound to the account's reference."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = AESGCM(self.keys[self.current]).encrypt(nonce, data_key, _context("data-key", account))
        return self.current, nonce + sealed

    def unwrap(self, key_id: str, wrapped: bytes, *, account: str) -> bytes:
        """Return the data key. Raises KeyUnavailable when the key is missing, wrong, or of another account."""
        if key_id not in self.keys:
            raise KeyUnavailable(f"The key-encryption key {key_id!r} is not available.")
        try:
            return AESGCM(self.keys[key_id]).decrypt(
                wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _context("data-key", account)
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


def keyring() -> Keyring:
    """The key-encryption keys of the settings, parsed once per value."""
    return _parsed(settings.KEY_ENCRYPTION_KEYS)


_parsed = cache(Keyring.parse)


def new_data_key() -> bytes:
    """32 random bytes: the data key of one account."""
    return os.urandom(KEY_BYTES)


def seal(value: str, *, key: bytes, column: str, row: str, account: str) -> bytes:
    """Encrypt ``value`` for exactly one place: ``column`` ("table.column"), the row's and the account's reference."""
    nonce = os.urandom(NONCE_BYTES)
    return FORMAT + nonce + AESGCM(key).encrypt(nonce, value.encode(), _context(column, row, account))


def unseal(sealed: bytes, *, key: bytes, column: str, row: str, account: str) -> str:
    """Decrypt what ``seal`` made for this very place; KeyUnavailable when anything about it differs."""
    sealed = bytes(sealed)
    if sealed[:1] != FORMAT or len(sealed) < 1 + NONCE_BYTES + 16:
        raise KeyUnavailable("The encrypted value is damaged.")
    try:
        body = AESGCM(key).decrypt(
            sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :], _context(column, row, account)
        )
    except InvalidTag as error:
        raise KeyUnavailable("The encrypted value does not belong to this place, or its key is another.") from error
    return body.decode()


def lookup_hash(value: str, *, account: str) -> bytes:
    """Keyed hash by which an encrypted value is found within one account; of no use outside it (32 bytes)."""
    key = decode_key(settings.LOOKUP_KEY, name="LOOKUP_KEY")
    return hmac.new(key, _context("lookup", account, value), hashlib.sha256).digest()


def seal_secret(text: str, *, purpose: str) -> str:
    """Encrypt what is of no account (a second factor, a mail on its way): ``id:base64``, for one ``purpose`` alone.

    The key is derived from the current key-encryption key, whose id goes along; each purpose has its own.
    """
    ring, nonce = keyring(), os.urandom(NONCE_BYTES)
    sealed = AESGCM(_derived(ring.keys[ring.current], purpose)).encrypt(nonce, text.encode(), None)
    return f"{ring.current}:{base64.b64encode(nonce + sealed).decode()}"


def unseal_secret(sealed: str, *, purpose: str) -> str:
    """Decrypt what ``seal_secret`` made for this purpose; KeyUnavailable when its key is missing or another."""
    key_id, _colon, encoded = sealed.partition(":")
    key = keyring().keys.get(key_id)
    if key is None:
        raise KeyUnavailable(f"The key-encryption key {key_id!r} is not available.")
    try:
        raw = base64.b64decode(encoded, validate=True)
        return AESGCM(_derived(key, purpose)).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], None).decode()
    except (InvalidTag, ValueError) as error:
        raise KeyUnavailable("The secret is damaged, or was made for another purpose.") from error


def _derived(key: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=_context("secret", purpose)).derive(key)


def _context(*parts: str) -> bytes:
    # Length-prefixed, so that no two different places give the same bytes.
    return b"".join(len(raw := part.encode()).to_bytes(2, "big") + raw for part in parts)


class EncryptedField(models.BinaryField):
    """A column with sealed text; reading the row decrypts nothing, ``open_value`` does.

    The row needs a ``reference`` (random, known before the row is written) and an ``account``.
    """

    def seal_value(self, row: models.Model, value: str, *, key: bytes) -> None:
        """Set this column of ``row`` to ``value``, sealed for that place."""
        setattr(row, self.attname, seal(value, key=key, **self._place(row)))

    def open_value(self, row: models.Model, *, key: bytes) -> str:
        """Return the plain text of this column of ``row``."""
        return unseal(getattr(row, self.attname), key=key, **self._place(row))

    def _place(self, row: models.Model) -> dict[str, str]:
        return {
            "column": f"{row._meta.db_table}.{self.column}",
            "row": str(row.reference),  # type: ignore[attr-defined]
            "account": str(row.account.reference),  # type: ignore[attr-defined]
        }
