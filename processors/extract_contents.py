"""What lies in the file of a disclosure: exactly the fields and records that were decided, and a manifest of them (§8).

Of each kind of data a file of JSON lines, with the values to the letter, and the same as CSV to read. Only the fields
that were decided are asked of the database, and only those of them that are sealed are opened. A record that was erased
since is not there: the manifest says how many are missing, and nothing of what they were.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.services import data_key
from cannonworks import datamap, encryption, zipping
from cannonworks.datamap import Entry
from cannonworks.deadlines import in_amsterdam
from cannonworks.downloads import BOM, written
from cannonworks.encryption import EncryptedField
from processors.models import Disclosure, Extract
from relations.importing.columns import neutralise

#: The form of the manifest; another number for whoever reads it by program, when something is named otherwise.
FORM = "cannonworks.extract/1"
MANIFEST = "manifest.json"
#: Of whoever asks, an authority in the Netherlands.
LANGUAGE = "nl"
FOR_OTHERS = {"accounts.Company": _("Company"), "finance.SubscriptionInvoice": _("Invoices of CannonWorks")}
#: Rows that are read at once.
PORTION = 2000


@dataclass(frozen=True)
class Part:
    """The decided fields of one kind of data."""

    entry: Entry
    fields: tuple[str, ...]

    @property
    def model(self) -> type[models.Model]:
        return self.entry.model

    @property
    def name(self) -> str:
        """``relations-employee``: of its files, without the ending."""
        return self.model._meta.label_lower.replace(".", "-")

    @property
    def record(self) -> str:
        """By which path a row is known as (part of) a record that somebody named; empty: by none."""
        return _record_of(self.model)

    @property
    def sealed(self) -> tuple[EncryptedField, ...]:
        """The fields that only the account's key opens."""
        found = (self.model._meta.get_field(name) for name in self.fields)
        return tuple(field for field in found if isinstance(field, EncryptedField))

    def rows(self, account: Account, records: Sequence[UUID]) -> models.QuerySet[Any]:
        """The account's rows by their key, of these records alone if any are named; no column that is not needed."""
        owner = account.reference if self.entry.by_reference else account.pk
        found = self.model._default_manager.filter(**{self.entry.account: owner}).order_by("pk")
        if records:
            found = found.filter(**{f"{self.record}__in": records}) if self.record else found.none()
        needed = {"pk", *self.fields, *(("reference", "account") if self.sealed else ())}
        return found.only(*needed)


@dataclass(frozen=True)
class Made:
    """The whole file: its pieces in their order, and how many records are in it."""

    pieces: Iterator[bytes]
    records: int


def parts(fields: Sequence[str]) -> list[Part]:
    """The kinds of data that these fields (``app.Model.field``) are of, in the order in which they were decided."""
    found: dict[str, list[str]] = {}
    for label in fields:
        model, _dot, name = label.rpartition(".")
        found.setdefault(model, []).append(name)
    return [Part(datamap.entry(apps.get_model(model)), tuple(names)) for model, names in found.items()]


def called(entry: Entry) -> str:
    """What others than its account holder call the rows: of some the data map has words for the holder's own eyes."""
    return str(FOR_OTHERS.get(entry.model._meta.label) or entry.word)


def unknown_records(account: Account, fields: Sequence[str], records: Sequence[UUID]) -> list[UUID]:
    """Those of the records of which the account has none of these kinds of data; with the rights of jobs."""
    left = set(records)
    for part in parts(fields):
        if part.record:
            left -= set(part.rows(account, records).values_list(part.record, flat=True))
    return [record for record in records if record in left]


def pack(extract: Extract, account: Account, *, at: datetime) -> Made:
    """Put the file together (ZIP), in memory: with the rights of jobs. KeyUnavailable when the key is gone."""
    row, count = extract.disclosure, 0
    files: dict[str, bytes] = {}
    told: list[dict[str, Any]] = []
    there: set[UUID] = set()
    key = encryption.cipher(data_key(account))
    with translation.override(LANGUAGE):
        for part in parts(row.given_fields):
            values = list(_values(part, account, row, key, there))
            count += len(values)
            made = {f"{part.name}.jsonl": _as_json(part, values), f"{part.name}.csv": _as_csv(part, values)}
            files |= made
            told.append(_told(part, made, len(values)))
        missing = len(set(row.given_records) - there)
        said = _manifest(extract, row, told, records=count, missing=missing, at=at)
    files[MANIFEST] = json.dumps(said, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2).encode()
    return Made(_zipped(files, at), count)


def _record_of(model: type[models.Model]) -> str:
    """Its own reference, or that of what it is a part of: a line is given with its document."""
    fields: Sequence[Any] = model._meta.local_concrete_fields
    if any(field.name == "reference" for field in fields):
        return "reference"
    for field in fields:
        other = field.related_model
        if other is None or other is Account or field.remote_field.on_delete is not models.CASCADE:
            continue
        if any(each.name == "reference" for each in other._meta.local_concrete_fields):
            return f"{field.name}__reference"
    return ""


def _values(
    part: Part, account: Account, row: Disclosure, key: AESGCM, there: set[UUID]
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """The decided values of each row; notes which of the named records are ``there``."""
    sealed = {field.name: field for field in part.sealed}
    found = part.rows(account, row.given_records)
    if row.given_records and part.record:
        there |= set(found.values_list(part.record, flat=True))
    for each in found.iterator(chunk_size=PORTION):
        if sealed:
            each.account = account  # sealed for this place; asked for once
        yield {name: _value(each, name, sealed.get(name), key) for name in part.fields}


def _value(row: Any, name: str, sealed: EncryptedField | None, key: AESGCM) -> Any:
    value = getattr(row, row._meta.get_field(name).attname)
    if sealed is not None:
        return sealed.open_value(row, key=key) if value else None
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else value


def _as_json(part: Part, values: Sequence[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(each, cls=DjangoJSONEncoder, ensure_ascii=False) + "\n" for each in values).encode()


def _as_csv(part: Part, values: Sequence[dict[str, Any]]) -> bytes:
    head = [neutralise(str(part.entry.label(name))) for name in part.fields]
    lines = [[neutralise("" if each[name] is None else str(each[name])) for name in part.fields] for each in values]
    return (BOM + written([head, *lines])).encode()


def _told(part: Part, files: dict[str, bytes], records: int) -> dict[str, Any]:
    return {
        "data": f"{part.model._meta.label}",
        "label": called(part.entry),
        "fields": [{"name": name, "label": str(part.entry.label(name))} for name in part.fields],
        "records": records,
        "files": [
            {"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in files.items()
        ],
    }


def _manifest(
    extract: Extract, row: Disclosure, told: list[dict[str, Any]], *, records: int, missing: int, at: datetime
) -> dict[str, Any]:  # fmt: skip
    """What it is, by what the register says: no name of whoever asked is in that either."""
    return {
        "form": FORM,
        "extract": extract.reference,
        "disclosure": row.reference,
        "account": row.account_reference,
        "asked_by": {"kind": row.get_asker_display(), "office": row.office},
        "received_at": row.received_at,
        "ground": row.ground,
        "order": {"number": row.order_number, "sha256": row.order_digest} if row.order_digest else None,
        "consent_at": row.consent_at if row.consent == "given" else None,
        "decided_at": row.decided_at,
        "made_at": at,
        "data": told,
        "records": records,
        "records_decided": row.given_records or None,
        "records_missing": missing,
    }


def _zipped(files: dict[str, bytes], at: datetime) -> Iterator[bytes]:
    local = in_amsterdam(at)
    members = [zipping.Member(name, len(content), zlib.crc32(content), local) for name, content in files.items()]
    measure = zipping.Measure(len(files), sum(map(len, files)), sum(map(len, files.values())))
    return zipping.archive(lambda: members, lambda member: [files[member.name]], measure=measure)
