"""Files of a test: sealed under the account's key, never changed, and looked at before they are given away (§12).

They are sealed and opened with the rights of jobs, for as long as that takes: no member of staff has an account's key.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

from django.core.files.base import ContentFile
from django.db.models import Max

from accounts.models import User
from audits.locking import record
from audits.models import Audit, AuditFile, FileKind
from cannonworks import isolation, storage
from cannonworks.errors import KeyUnavailable
from journal.models import Entry

#: The events of the journal that tell what was sealed.
SEALED = ("audit.letter_kept", "audit.answer_kept", "audit.logs_preserved", "audit.report_added")


def keep(
    audit: Audit, kind: FileKind, content: bytes, *, ending: str, actor: User | None, at: datetime,
    event: str, upto_at: datetime | None = None, lines: int | None = None, by: UUID | None = None,
) -> AuditFile:  # fmt: skip
    """Seal ``content`` as the next file of its kind, and journal its digest as ``event``.

    The last thing to do in a transaction: a file is not rolled back. Raises as ``SealedStorage.writing``.
    """
    last = AuditFile.objects.filter(audit=audit, kind=kind).aggregate(last=Max("number"))["last"] or 0
    row = AuditFile(
        account=audit.account, audit=audit, kind=kind, number=last + 1, ending=ending, size=len(content),
        digest=hashlib.sha256(content).hexdigest(), upto_at=upto_at, lines=lines,
        added_by=actor.reference if actor else by, added_at=at,
    )  # fmt: skip
    with isolation.acting_as(isolation.JOBS):
        row.file.save(kind, ContentFile(content), save=False)
    try:
        row.save(force_insert=True)
        record(event, audit, actor, file=row.reference, number=row.number, digest=row.digest, lines=lines)
    except BaseException:
        storage.sealed.delete(row.file.name)
        raise
    return row


def opened(row: AuditFile) -> bytes:
    """What is in it. KeyUnavailable when it is not, to the bit, what was sealed and journalled."""
    with isolation.acting_as(isolation.JOBS):
        with storage.sealed.open(row.file.name) as file:
            content = file.read()
        digest = hashlib.sha256(content).hexdigest()
        told = {"file": str(row.reference), "digest": digest}
        # The row is written by the application, the journal by nobody twice: who changes both is found by its seals.
        known = Entry.objects.filter(account_reference=row.account.reference, event__in=SEALED, facts__contains=told)
        if digest != row.digest or not known.exists():
            raise KeyUnavailable("The file is not what was kept.")
    return content


def latest(audit: Audit, kind: FileKind) -> AuditFile | None:
    """The last file of this kind; of the logs it holds all the earlier ones do."""
    return (
        AuditFile.objects.filter(audit=audit, kind=kind).select_related("audit", "account").order_by("-number").first()
    )


def take(row: AuditFile, *, actor: User) -> bytes:
    """The same as ``opened``, journalled: who took what."""
    content = opened(row)
    record("audit.file_taken", row.audit, actor, file=row.reference, kind=row.kind, digest=row.digest)
    return content
