"""Changing keys (§7): data keys are wrapped anew under the current key-encryption key, and what is found by a keyed
hash is hashed anew under the current lookup key. What is sealed under the data keys stays as it is.

Each batch is one transaction: rows are locked, changed, read back and compared. A killed rotation goes on where it
stopped, for what is done is not looked at again; two at once share the work; and a key that an erasure destroys
meanwhile stays destroyed, for rows are only ever updated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt, encrypt
from django.apps import apps
from django.db import connection, models, transaction
from django.db.models import Func, Q, QuerySet

from accounts import newsletter, papers
from accounts.models import DataKey, Paper
from accounts.services import data_key
from cannonworks.encryption import EncryptedField, Wrapper, cipher, keyring, lookup_hash, lookup_keys
from cannonworks.errors import KeyUnavailable
from journal import services as journal

#: Rows that one transaction changes.
BATCH = 500
#: Under which names a second factor keeps its secret.
FACTOR_SECRETS = {"secret", "seed"}


@dataclass(frozen=True)
class Rotation:
    """What a rotation came to: ids of the current keys, how many were changed, and how many are proven to be right."""

    key: str
    rewrapped: int
    opened: int
    lookup_key: str
    rehashed: int
    hashes: int
    resealed: int = 0
    factors: int = 0
    opt_outs: int = 0  # from the newsletter, still under an earlier lookup key, which therefore has to stay
    papers_rewrapped: int = 0
    papers: int = 0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def rotate_keys() -> Rotation:
    """Bring everything under the current keys and prove that nothing is left under another (§7, §19).

    Raises KeyUnavailable, in one line, when something is left or does not open; what could be changed is changed then.
    Safe to run twice, at once, and beside traffic and erasure.
    """
    ring = keyring()
    rewrapped = rewrap_data_keys(ring)
    rehashed = sum(rehash(model, field) for model, field in hashed_fields())
    lookup_key = lookup_keys()[0].key_id
    resealed, papers_rewrapped = reseal_factors(ring), rewrap_papers(ring)
    newsletter.rehash_opt_outs()
    rotation = Rotation(
        ring.current, rewrapped, prove_data_keys(ring), lookup_key, rehashed, prove_hashes(), resealed,
        prove_factors(ring), newsletter.prove_opt_outs(), papers_rewrapped, prove_papers(ring),
    )  # fmt: skip
    journal.record("keys.rotated", clause="7", **rotation.as_dict())
    return rotation


def rewrap_data_keys(ring: Wrapper) -> int:
    """Wrap every data key that is under another key anew, and return how many; those that do not open are left."""
    return _in_batches(lambda: DataKey.objects.exclude(key_id=ring.current), lambda rows: _rewrap(rows, ring))


def rehash(model: type[models.Model], field: EncryptedField) -> int:
    """Hash the values of this column anew that are hashed under another key, and return how many."""
    return _in_batches(lambda: _hashed_otherwise(model, field), lambda rows: _rehash(rows, model, field))


def reseal_factors(ring: Wrapper) -> int:
    """Seal the secrets of second factors that are under another key anew, and return of how many factors."""
    return _in_batches(lambda: _sealed_otherwise(ring), _reseal, along_with=None)


def rewrap_papers(ring: Wrapper) -> int:
    """Wrap the key of every paper of ours that is under another key anew, and return how many (§7)."""
    rows = Paper.objects.exclude(key_id=ring.current).defer("sealed")
    return _in_batches(lambda: rows, lambda batch: _rewrap_papers(batch, ring), along_with=None)


def prove_papers(ring: Wrapper) -> int:
    """Open every paper of ours with the current key, compare it with its digest, and return how many there are.

    Raises KeyUnavailable.
    """
    if left := Paper.objects.exclude(key_id=ring.current).count():
        raise KeyUnavailable(f"{left} papers are not under the key {ring.current!r}.")
    rows = Paper.objects.all()
    return sum(1 for row in rows.iterator(chunk_size=20) if papers.opened(row))


def prove_factors(ring: Wrapper) -> int:
    """Open the secrets of all second factors under the current key; return of how many. Raises KeyUnavailable."""
    if left := _sealed_otherwise(ring).count():
        raise KeyUnavailable(f"{left} second factors are not under the key {ring.current!r}.")
    rows = Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN)
    for row in rows.iterator(chunk_size=2_000):
        for name in FACTOR_SECRETS & row.data.keys():
            decrypt(row.data[name])
    return rows.count()


def prove_data_keys(ring: Wrapper) -> int:
    """Open every data key with the current key, and return how many there are. Raises KeyUnavailable."""
    others = DataKey.objects.exclude(key_id=ring.current).select_related("account")
    if left := others.count():
        why = ""
        for row in others[:1]:  # may have gone meanwhile
            why = _why_shut(row, ring)
        raise KeyUnavailable(f"{left} data keys are not under the key {ring.current!r}{why}")
    opened = 0
    for row in DataKey.objects.select_related("account").iterator(chunk_size=2_000):
        _open(row, ring)
        opened += 1
    return opened


def prove_hashes() -> int:
    """Count the hashes that are all under the current lookup key. Raises KeyUnavailable when one is not."""
    found = 0
    for model, field in hashed_fields():
        if left := _hashed_otherwise(model, field).count():
            raise KeyUnavailable(
                f"{left} hashes in {model._meta.db_table}.{field.lookup} are not under the key"
                f" {lookup_keys()[0].key_id!r}: their values do not open."
            )
        found += model._default_manager.filter(**{f"{field.lookup}__isnull": False}).count()
    return found


def hashed_fields() -> Iterator[tuple[type[models.Model], EncryptedField]]:
    """Encrypted columns of the product that are found by a keyed hash."""
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if isinstance(field, EncryptedField) and field.lookup:
                yield model, field


def _in_batches(
    rows: Callable[[], QuerySet[Any]],
    change: Callable[[Sequence[Any]], int],
    along_with: str | None = "account",
) -> int:
    # First what nobody has locked, then what is left one by one: who holds no other lock waits without a deadlock.
    done = 0
    for size, skip in ((BATCH, True), (1, False)):
        last = 0
        while True:
            with transaction.atomic():
                waiting = rows().filter(pk__gt=last).select_related(along_with).order_by("pk")
                batch = list(waiting.select_for_update(of=("self",), skip_locked=skip)[:size])
                if not batch:
                    break
                done += change(batch)
            last = batch[-1].pk
    return done


def _rewrap(rows: Sequence[DataKey], ring: Wrapper) -> int:
    opened = {}
    for row in rows:
        try:
            opened[row.pk] = _open(row, ring)
        except KeyUnavailable:
            continue  # told at the end; the others go on
        row.key_id, row.wrapped = ring.wrap(opened[row.pk], account=str(row.account.reference))
    DataKey.objects.bulk_update([row for row in rows if row.pk in opened], ["key_id", "wrapped"])
    written = DataKey.objects.filter(pk__in=opened).select_related("account")
    if {row.pk: _open(row, ring) for row in written} != opened:
        raise KeyUnavailable("What was wrapped anew does not open as it was; nothing of this batch is changed.")
    if opened:
        journal.record("keys.rewrapped", clause="7", key=ring.current, count=len(opened))
    return len(opened)


def _rewrap_papers(rows: Sequence[Paper], ring: Wrapper) -> int:
    opened = {}
    for row in rows:
        try:
            opened[row.pk] = papers.data_key(row, ring)
        except KeyUnavailable:
            continue  # told at the end; the others go on
        papers.wrap(row, opened[row.pk], ring)
    Paper.objects.bulk_update([row for row in rows if row.pk in opened], ["key_id", "wrapped"])
    written = Paper.objects.filter(pk__in=opened).defer("sealed")
    if {row.pk: papers.data_key(row, ring) for row in written} != opened:
        raise KeyUnavailable("A paper that was wrapped anew does not open as it did; nothing of this batch is changed.")
    return len(opened)


def _rehash(rows: Sequence[Any], model: type[models.Model], field: EncryptedField) -> int:
    ciphers: dict[int, Any] = {}
    fresh = {}
    for row in rows:
        try:
            key = ciphers.get(row.account_id) or ciphers.setdefault(row.account_id, cipher(data_key(row.account)))
            value = field.open_value(row, key=key)
        except KeyUnavailable:
            continue  # damaged, or its account is being erased at this moment
        fresh[row.pk] = lookup_hash(value, account=str(row.account.reference))
        setattr(row, field.lookup, fresh[row.pk])
    with connection.cursor() as cursor:
        # The fence stands against new rows of an account that goes, or of which something is held; this makes none.
        cursor.execute("SELECT set_config('cannonworks.erasing', 'on', true)")
    model._default_manager.bulk_update([row for row in rows if row.pk in fresh], [field.lookup])
    written = model._default_manager.filter(pk__in=fresh).values_list("pk", field.lookup)
    if {pk: bytes(hashed) for pk, hashed in written} != fresh:
        raise KeyUnavailable("What was hashed anew was not written as it is; nothing of this batch is changed.")
    if fresh:
        table = model._meta.db_table
        journal.record("keys.rehashed", clause="7", key=lookup_keys()[0].key_id, table=table, count=len(fresh))
    return len(fresh)


def _hashed_otherwise(model: type[models.Model], field: EncryptedField) -> QuerySet[Any]:
    # Without its data key a value cannot be read any more, and is about to go.
    there = model._default_manager.filter(**{f"{field.lookup}__isnull": False, "account__data_key__isnull": False})
    mark = lookup_keys()[0].mark
    begins = Func(field.lookup, 1, len(mark), function="substr", output_field=models.BinaryField())
    return there.alias(begins=begins).exclude(begins=mark)


def _sealed_otherwise(ring: Wrapper) -> QuerySet[Authenticator]:
    other = Q()
    for name in FACTOR_SECRETS:
        other |= Q(data__has_key=name) & ~Q(**{f"data__{name}__startswith": f"{ring.current}:"})
    return Authenticator.objects.filter(other)


def _reseal(rows: Sequence[Authenticator]) -> int:
    for row in rows:
        for name in FACTOR_SECRETS & row.data.keys():
            row.data[name] = encrypt(decrypt(row.data[name]))
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('cannonworks.erasing', 'on', true)")  # as for hashes
    Authenticator.objects.bulk_update(rows, ["data"])
    return len(rows)


def _open(row: DataKey, ring: Wrapper) -> bytes:
    return ring.unwrap(row.key_id, bytes(row.wrapped), account=str(row.account.reference))


def _why_shut(row: DataKey, ring: Wrapper) -> str:
    try:
        _open(row, ring)
    except KeyUnavailable as error:
        return f": {error}"
    return "; run this again, after every process has been started with the new keys."
