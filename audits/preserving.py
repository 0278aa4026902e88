"""Preserving the system logs of a test (§12): read from ``sources``, packed with sums, sealed, never less than before.

Each time all of the window so far is read again, and put behind what was sealed the time before: so what a night has
swept away is still there, and what came late is not missed. It is done every night while a test runs, before rows age,
and once more an hour after its end; and as long as the last night's is missing, nothing of the account ages away.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import zipfile
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import file_key
from audits import files
from audits.locking import check_acts
from audits.models import Audit, AuditFile, FileKind
from audits.sources import SOURCES, models
from audits.states import AuditState
from audits.telling import tell_holder, tell_staff
from cannonworks import isolation, storage
from cannonworks.deadlines import ONE_DAY, in_amsterdam, start_of_day
from cannonworks.errors import KeyUnavailable, Refused, is_fence

log = logging.getLogger(__name__)

#: So long after the end of a test is looked once more: what was under way at its end is written by then.
GRACE = timedelta(hours=1)
MANIFEST = "manifest.json"

#: Source → its lines, each once, in the order in which they were first seen.
Lines = dict[str, dict[str, None]]


@transaction.atomic
def preserve(audit: Audit, *, at: datetime) -> AuditFile | None:
    """Seal what was logged in the window until ``at``; None where there is nothing to preserve (any more).

    With the rights of jobs. An hour after the end it is the last time. Locks the test, and keeps an erasure waiting;
    Refused when the account is being erased. KeyUnavailable when what was sealed before cannot be read.
    """
    file_key(str(audit.account.reference), True)  # the account's row before the test's, as everywhere
    found = Audit.objects.to_preserve(at).select_for_update(of=("self",)).filter(pk=audit.pk).first()
    if found is None:
        return None
    upto = min(at, found.ends_at)
    before = files.latest(found, FileKind.LOGS)
    kept = _unpacked(files.opened(before)) if before else {source.name: {} for source in SOURCES}
    for source in SOURCES:
        rows = source.lines(found.account, found.starts_at, upto)
        kept.setdefault(source.name, {}).update(dict.fromkeys(map(_written, rows)))
    content, count = _packed(found, kept, upto=upto, at=at, before=before)
    if found.state == AuditState.ENDED and at >= found.ends_at + GRACE:
        found.preserved_at = at
        found.save(update_fields=["preserved_at"])
        tell_holder(found, "ended", at=at)
        tell_staff(found, "ended", at=at)
    return files.keep(
        found, FileKind.LOGS, content, ending="zip", actor=None, at=at, event="audit.logs_preserved", upto_at=upto,
        lines=count,
    )  # fmt: skip


def preserve_all(*, at: datetime) -> int:
    """Beat, every night: preserve the logs of every test whose window has begun; return of how many. May run twice."""
    return sum(_preserved(audit, at) for audit in Audit.objects.to_preserve(at).select_related("account"))


def finish_all(*, at: datetime) -> int:
    """The same for those that ended an hour ago or longer: the last time."""
    rows = Audit.objects.to_preserve(at).filter(state=AuditState.ENDED, ends_at__lte=at - GRACE)
    return sum(_preserved(audit, at) for audit in rows.select_related("account"))


def take_logs(audit: Audit, *, actor: User, at: datetime) -> AuditFile:
    """Preserve what there is now and give the sealed archive, for the main user or staff who deal with tests.

    Raises as ``preserve``; Refused before the test began. ``files.take`` opens it.
    """
    if actor.is_staff:
        check_acts(actor, "audits.view_audit")
    with isolation.acting_as(isolation.JOBS):
        made = preserve(audit, at=at)
    row = made or files.latest(audit, FileKind.LOGS)
    if row is None:
        words = _("There are no logs yet: they are preserved from the beginning of the test on.")
        raise Refused("no_logs_yet", words, clause="12")
    return row


def accounts_to_spare(model: type[Model], *, on: date) -> list[int]:
    """Keys of accounts of which no row of ``model`` may age on ``on``: logs of a test that runs are a day behind.

    What ages was over for a day at least, so what was sealed since the day before has it as it was in the end.
    """
    if model not in models():
        return []
    fresh = AuditFile.objects.filter(kind=FileKind.LOGS, added_at__gte=start_of_day(on - ONE_DAY)).values("audit")
    waiting = Audit.objects.to_preserve(start_of_day(on)).exclude(pk__in=fresh)
    return list(waiting.values_list("account", flat=True))


def _preserved(audit: Audit, at: datetime) -> bool:
    """One of many: what is wrong with it does not keep the others. Raises what is transient."""
    try:
        return preserve(audit, at=at) is not None
    except (OperationalError, InterfaceError, storage.FilesUnavailable):
        raise
    except Refused:
        return False  # its account is being erased
    except (KeyUnavailable, DatabaseError) as error:
        if not is_fence(error):
            log.exception("logs of test %s were not preserved", audit)
        return False


# --- The archive -----------------------------------------------------------------------------------------------------


def _written(row: dict[str, Any]) -> str:
    return json.dumps({name: _plain(value) for name, value in row.items()}, cls=DjangoJSONEncoder, sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return value


def _packed(audit: Audit, kept: Lines, *, upto: datetime, at: datetime, before: AuditFile | None) -> tuple[bytes, int]:
    """A ZIP of a file of JSON lines for each source, and a manifest with their sums; and how many lines."""
    texts = {source.name: "".join(f"{line}\n" for line in kept[source.name]).encode() for source in SOURCES}
    manifest = {
        "audit": str(audit.reference),
        "account": str(audit.account.reference),
        "window": {"starts_at": audit.starts_at, "ends_at": audit.ends_at, "preserved_up_to": upto},
        "made_at": at,
        "before": before and {"number": before.number, "sha256": before.digest},
        "files": [
            {
                "name": f"{source.name}.jsonl", "sha256": hashlib.sha256(texts[source.name]).hexdigest(),
                "lines": len(kept[source.name]), "fields": list(source.fields),
            }
            for source in SOURCES
        ],
    }  # fmt: skip
    said = json.dumps(manifest, cls=DjangoJSONEncoder, indent=2).encode()
    members = {MANIFEST: said, **{f"{name}.jsonl": text for name, text in texts.items()}}
    return _zip(members.items(), at), sum(map(len, kept.values()))


def _zip(members: Iterable[tuple[str, bytes]], at: datetime) -> bytes:
    made, local = io.BytesIO(), in_amsterdam(at)
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name, local.timetuple()[:6])
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            archive.writestr(info, content)
    return made.getvalue()


def _unpacked(content: bytes) -> Lines:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {
            name.removesuffix(".jsonl"): dict.fromkeys(archive.read(name).decode().splitlines())
            for name in archive.namelist()
            if name != MANIFEST
        }
