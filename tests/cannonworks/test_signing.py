import base64
import json
import time
from enum import StrEnum

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cannonworks import signing
from cannonworks.errors import KeyUnavailable, Refused
from cannonworks.signing import NotProven, canonical, sign, verify

pytestmark = pytest.mark.clause("6")
SEED = bytes(range(32))
BODY = {"kind": "erasure-statement", "reference": "6f1c2f0e",
        "erased": [{"category": "relations", "rows": 12}],
        "key_destroyed": True, "until": None, "name": "Çelik"}  # fmt: skip


@pytest.fixture(autouse=True)
def key(settings):
    settings.STATEMENT_SIGNING_KEY = base64.b64encode(SEED).decode()


def raw_public(seed):
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def changed(envelope, part, **fields):
    return {**envelope, part: {**envelope[part], **fields}}


class Rule(StrEnum):
    TRIAL = "trial"


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        ({"b": 1, "a": {"d": None, "c": [True, False]}}, '{"a":{"c":[true,false],"d":null},"b":1}'),
        ({"é": 'Š\n"€😀'}, '{"é":"Š\\n\\"€😀"}'),
        ({"Z": 1, "a": 2, "_": 3}, '{"Z":1,"_":3,"a":2}'),
        ([-(2**53) + 1, 0, 2**53 - 1], "[-9007199254740991,0,9007199254740991]"),
        ({"rule": Rule.TRIAL}, '{"rule":"trial"}'),
    ],
)
def test_canonical_json_has_one_form(obj, expected):
    assert canonical(obj) == expected.encode()


@pytest.mark.parametrize(
    ("obj", "error", "place"),
    [
        (1.0, TypeError, r"\$: float"),
        ({"a": [1, {"b": 0.5}]}, TypeError, r"\$\.a\[1\]\.b: float"),
        ({"a": float("nan")}, TypeError, "float"),
        ({"a": (1, 2)}, TypeError, "tuple"),
        ({"a": b"x"}, TypeError, "bytes"),
        ({1: "a"}, TypeError, "a name must be text, not int"),
        ({"a": 2**53}, ValueError, "too large"),
        ({"a": "\ud800"}, ValueError, "surrogates not allowed"),
    ],
)
def test_what_has_no_single_form_is_refused(obj, error, place):
    with pytest.raises(error, match=place):
        canonical(obj)


def test_a_signed_statement_verifies_and_names_its_key():
    envelope = sign(BODY)
    public = raw_public(SEED)
    assert signing.public_key() == public
    assert envelope["statement"] == BODY
    assert envelope["signature"] == {
        "algorithm": "Ed25519",
        "key_id": "56475aa75463474c",
        "public_key": base64.b64encode(public).decode(),
        "value": base64.b64encode(Ed25519PrivateKey.from_private_bytes(SEED).sign(canonical(BODY))).decode(),
    }
    assert verify(json.loads(json.dumps(envelope, indent=2)), public) == BODY
    assert sign(BODY) == envelope


@pytest.mark.parametrize("mask", [0x01, 0x20, 0x80])
def test_no_byte_of_a_signed_file_can_change(mask):
    file = canonical(sign(BODY))
    public = signing.public_key()
    for at in range(len(file)):
        altered = file[:at] + bytes([file[at] ^ mask]) + file[at + 1 :]
        with pytest.raises(NotProven):
            verify(signing.parse(altered), public)


def test_trust_comes_from_the_given_key_and_not_from_the_envelope(settings):
    ours = signing.public_key()
    settings.STATEMENT_SIGNING_KEY = base64.b64encode(bytes(32)).decode()
    forged = sign(BODY)
    assert verify(forged, raw_public(bytes(32))) == BODY
    with pytest.raises(NotProven, match="signed with another key") as refusal:
        verify(forged, ours)
    assert refusal.value.code == "other-key"
    relabelled = changed(forged, "signature", public_key=base64.b64encode(ours).decode(), key_id=signing.key_id(ours))
    with pytest.raises(NotProven, match="the signature is broken"):
        verify(relabelled, ours)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda e: None, "not a signed statement"),
        (lambda e: [], "not a signed statement"),
        (lambda e: e["statement"], "not a signed statement"),
        (lambda e: {**e, "note": "unsigned"}, "no more"),
        (lambda e: {**e, "statement": "text"}, "not an object"),
        (lambda e: {**e, "signature": "text"}, "malformed signature"),
        (lambda e: changed(e, "signature", note="unsigned"), "malformed signature"),
        (lambda e: changed(e, "signature", value=None), "must be text"),
        (lambda e: changed(e, "signature", algorithm="none"), "algorithm is not Ed25519"),
        (lambda e: changed(e, "signature", algorithm="ed25519"), "algorithm is not Ed25519"),
        (lambda e: changed(e, "signature", key_id="0" * 16), "key id does not belong"),
        (lambda e: changed(e, "signature", public_key="AAAA"), "malformed public key"),
        (lambda e: changed(e, "signature", public_key="é"), "malformed public key"),
        (lambda e: changed(e, "signature", value=e["signature"]["value"][:-4]), "malformed signature"),
        (lambda e: changed(e, "signature", value=e["signature"]["value"] + "\n"), "malformed signature"),
        (
            lambda e: changed(e, "signature", value=base64.b64encode(bytes(64)).decode()),
            "signature is broken",
        ),
        (lambda e: changed(e, "statement", until=0.5), "cannot have been signed"),
        (lambda e: changed(e, "statement", name="\ud800"), "cannot have been signed"),
        (lambda e: changed(e, "statement", name="Celik"), "signature is broken"),
        (lambda e: changed(e, "statement", more=None), "signature is broken"),
        (lambda e: changed(e, "statement", key_destroyed=1), "signature is broken"),
    ],
)
def test_a_damaged_envelope_is_refused_with_its_reason(damage, message):
    with pytest.raises(NotProven, match=message) as refusal:
        verify(damage(sign(BODY)), signing.public_key())
    assert isinstance(refusal.value, (Refused, ValueError))


def test_a_signature_in_two_spellings_is_refused():
    """The last base64 character before == carries four unused bits."""
    envelope = sign(BODY)
    value = envelope["signature"]["value"]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = value[:-3] + alphabet[alphabet.index(value[-3]) + 1] + "=="
    assert base64.b64decode(other) == base64.b64decode(value)
    with pytest.raises(NotProven, match="malformed signature"):
        verify(changed(envelope, "signature", value=other), signing.public_key())


@pytest.mark.parametrize(
    "data",
    [b"", b"text", b"\xff\xfe", b'{"a": 1, "a": 2}', b'{"a": NaN}', b'{"a": -Infinity}', b"[" * 100_000,
     b"9" * 5_000],
)  # fmt: skip
def test_what_two_readers_could_read_differently_is_no_statement(data):
    with pytest.raises(NotProven, match="not a JSON statement"):
        signing.parse(data)


def test_a_statement_nested_too_deep_is_refused():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(NotProven):
        verify(changed(sign(BODY), "statement", more=deep), signing.public_key())


@pytest.mark.parametrize("seed", ["", None, "short", "!" * 44, base64.b64encode(bytes(31)).decode(), "é"])
def test_without_a_usable_key_nothing_is_signed(settings, seed):
    settings.STATEMENT_SIGNING_KEY = seed
    for act in (lambda: sign(BODY), signing.public_key):
        with pytest.raises(KeyUnavailable, match="STATEMENT_SIGNING_KEY") as refusal:
            act()
        assert not seed or seed not in str(refusal.value)


def test_a_public_key_travels_as_pem():
    pem = signing.to_pem(signing.public_key())
    assert pem.startswith("-----BEGIN PUBLIC KEY-----\n")
    assert signing.from_pem(pem.encode()) == signing.public_key()


def test_another_kind_of_key_is_refused():
    rsa = generate_private_key(65537, 2048).public_key()
    with pytest.raises(KeyUnavailable, match="not an Ed25519 key"):
        signing.from_pem(rsa.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    for pem in (b"", b"text", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"):
        with pytest.raises(KeyUnavailable, match="no public key in PEM"):
            signing.from_pem(pem)


def test_two_thousand_signatures_take_less_than_a_second():
    started = time.process_time()
    for number in range(2_000):
        sign({**BODY, "number": number})
    assert time.process_time() - started < 1
