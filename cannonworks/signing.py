"""Ed25519 signatures over canonical JSON: what CannonWorks declares, anyone can verify without CannonWorks.

Messages are plain English and not translated: the output of ``verify_statement`` is read by other tools.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from django.conf import settings

from cannonworks.errors import KeyUnavailable, Refused

ALGORITHM = "Ed25519"
LARGEST_INT = 2**53 - 1  # beyond it, readers that keep numbers as doubles would see another number
_encode = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode
PLAIN = {str, bool, type(None)}
SIGNATURE_FIELDS = {"algorithm", "key_id", "public_key", "value"}


class NotProven(Refused, ValueError):
    """A signed statement that does not prove what it says; ``message`` tells why."""


def canonical(obj: Any) -> bytes:
    """Return the one JSON form of ``obj`` as UTF-8: keys sorted by code point, no spaces, fewest escapes.

    Takes str, int (at most 2**53 - 1 either way), bool, None, list and dict with str keys. Anything else,
    such as a float (which has no single form) or a date, raises TypeError; an int too large or half a
    surrogate pair raises ValueError.
    """
    if not _is_plain(obj):
        _check(obj, "$")  # says what is wrong, and where
    return _encode(obj).encode()


def sign(body: dict[str, Any]) -> dict[str, Any]:
    """Return the envelope ``{"statement": body, "signature": {…}}`` signed with this installation's key.

    The signature covers ``canonical(body)``. Raises KeyUnavailable without a usable key, TypeError or
    ValueError as ``canonical`` does.
    """
    return {"statement": body, "signature": _signature(canonical(body))}


def signed_text(body: dict[str, Any]) -> str:
    """Return what ``sign`` returns as its canonical JSON text, with the body written out only once."""
    text = canonical(body)
    return f'{{"signature":{_encode(_signature(text))},"statement":{text.decode()}}}'


def verify(envelope: Any, public_key: bytes) -> dict[str, Any]:
    """Return the statement in ``envelope`` if ``public_key`` (32 raw bytes) signed just that; else NotProven.

    Trust comes from ``public_key`` alone. The key inside the envelope only says which key is needed, and a
    field that the signature does not cover is refused, so that nothing unsigned travels under a proven name.
    """
    body, signature = _parts(envelope)
    if signature["algorithm"] != ALGORITHM:
        raise NotProven("unknown-algorithm", f"the signature's algorithm is not {ALGORITHM}")
    value = _decode(signature["value"], 64, "signature")
    named = _decode(signature["public_key"], 32, "public key")
    if signature["key_id"] != key_id(named):
        raise NotProven("malformed", "the key id does not belong to the public key beside it")
    if named != public_key:
        raise NotProven(
            "other-key",
            f"signed with another key: {signature['key_id']}, not the trusted {key_id(public_key)}",
        )
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(value, canonical(body))
    except InvalidSignature:
        raise NotProven("broken", "the signature is broken: the statement or its signature was altered") from None
    except (TypeError, ValueError, RecursionError) as error:
        raise NotProven("malformed", f"the statement cannot have been signed: {error}") from None
    return body


def parse(data: bytes) -> Any:
    """Return the JSON in ``data``; NotProven if it is none, or if two readers could read it differently."""
    try:
        return json.loads(data.decode(), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise NotProven("not-json", f"not a JSON statement: {error}") from None


def public_key() -> bytes:
    """Return this installation's public key, 32 raw bytes; KeyUnavailable without a usable signing key."""
    return _raw(_private_key().public_key())


def key_id(public: bytes) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of a raw public key."""
    return hashlib.sha256(public).hexdigest()[:16]


def to_pem(public: bytes) -> str:
    """Return a raw public key as PEM, the form that openssl reads."""
    key = Ed25519PublicKey.from_public_bytes(public)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def from_pem(pem: bytes) -> bytes:
    """Return the raw 32 bytes of an Ed25519 public key in PEM; KeyUnavailable if it is anything else."""
    try:
        key = load_pem_public_key(pem)
    except Exception as error:  # cryptography raises several kinds, all meaning the same
        raise KeyUnavailable("This is no public key in PEM form.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise KeyUnavailable(f"This public key is not an {ALGORITHM} key.")
    return _raw(key)


def _private_key() -> Ed25519PrivateKey:
    return _load(getattr(settings, "STATEMENT_SIGNING_KEY", None) or "")


@lru_cache(maxsize=4)
def _load(seed: str) -> Ed25519PrivateKey:
    if not seed:
        raise KeyUnavailable("STATEMENT_SIGNING_KEY is not set: nothing can be signed or verified with it.")
    try:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(seed, validate=True))
    except ValueError:  # said without the value: it may be most of a secret
        raise KeyUnavailable("STATEMENT_SIGNING_KEY is malformed: it must be 32 bytes in base64.") from None


def _signature(text: bytes) -> dict[str, str]:
    key = _private_key()
    return {**_signed_by(key), "value": base64.b64encode(key.sign(text)).decode()}


@lru_cache(maxsize=4)
def _signed_by(key: Ed25519PrivateKey) -> dict[str, str]:
    public = _raw(key.public_key())
    return {
        "algorithm": ALGORITHM,
        "key_id": key_id(public),
        "public_key": base64.b64encode(public).decode(),
    }


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _parts(envelope: Any) -> tuple[dict[str, Any], dict[str, str]]:
    if not isinstance(envelope, dict) or envelope.keys() != {"statement", "signature"}:
        raise NotProven("malformed", "not a signed statement: 'statement' and 'signature' are expected, no more")
    body, signature = envelope["statement"], envelope["signature"]
    if not isinstance(body, dict):
        raise NotProven("malformed", "not a signed statement: 'statement' is not an object")
    if not isinstance(signature, dict) or signature.keys() != SIGNATURE_FIELDS:
        fields = ", ".join(sorted(SIGNATURE_FIELDS))
        raise NotProven("malformed", f"malformed signature: exactly {fields} are expected")
    if not all(isinstance(value, str) for value in signature.values()):
        raise NotProven("malformed", "malformed signature: every field must be text")
    return body, signature


def _decode(text: str, length: int, name: str) -> bytes:
    """Decode base64 in its one form: a second spelling would be an alteration nobody notices."""
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        value = b""
    if len(value) != length or base64.b64encode(value).decode() != text:
        raise NotProven("malformed", f"malformed {name}: it must be {length} bytes in base64")
    return value


def _is_plain(obj: Any) -> bool:
    """Whether ``_check`` would find nothing, for the plain types of which nearly every statement consists."""
    found = [obj]
    for item in found:  # which grows as it is walked
        kind = type(item)
        if kind is dict:
            if not {str}.issuperset(map(type, item)):
                return False
            found += item.values()
        elif kind is list:
            found += item
        elif kind not in PLAIN and not (kind is int and abs(item) <= LARGEST_INT):
            return False
    return True


def _check(obj: Any, at: str) -> None:
    if obj is None or isinstance(obj, (bool, str)):
        return
    if isinstance(obj, int):
        if abs(obj) > LARGEST_INT:
            raise ValueError(f"{at}: the number is too large to be read the same everywhere")
    elif isinstance(obj, list):
        for index, item in enumerate(obj):
            _check(item, f"{at}[{index}]")
    elif isinstance(obj, dict):
        for name, item in obj.items():
            if not isinstance(name, str):
                raise TypeError(f"{at}: a name must be text, not {type(name).__name__}")
            _check(item, f"{at}.{name}")
    else:
        raise TypeError(f"{at}: {type(obj).__name__} has no canonical form")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
