"""The security procedures to which whoever tests us keeps (§12): our words, in versions, accepted by the tester.

A version is two texts that are never changed once it was in force; another one is two files more and a line here. What
is accepted is the digest of both, so that it can be shown for ever what somebody agreed to.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from audits.locking import locked, record
from audits.models import Auditor
from audits.states import AuditState, move
from audits.telling import tell_holder, tell_staff
from cannonworks import isolation
from cannonworks.errors import Refused

TEXTS = Path(__file__).parent / "texts"
LANGUAGES = ("nl", "en")


@dataclass(frozen=True)
class Procedures:
    """One version: its number and the first day on which it is put before testers."""

    version: str
    since: date

    def text(self, language: str) -> str:
        """The text as Markdown, in Dutch where there is no such language."""
        return _read(self.version, language if language in LANGUAGES else "nl")

    @property
    def digest(self) -> str:
        """SHA-256 of the texts in all languages, hexadecimal."""
        return hashlib.sha256("\n\0\n".join(self.text(each) for each in LANGUAGES).encode()).hexdigest()


VERSIONS = (Procedures("1", date(2026, 11, 1)),)


def in_force() -> Procedures:
    """The version that testers accept now."""
    return VERSIONS[-1]


def version_named(version: str) -> Procedures | None:
    """An earlier or this version; None when there is none of that number."""
    return next((each for each in VERSIONS if each.version == version), None)


@cache
def _read(version: str, language: str) -> str:
    return (TEXTS / f"procedures-{version}.{language}.md").read_text(encoding="utf-8")


@transaction.atomic
def accept_procedures(auditor: Auditor, *, name: str, digest: str, at: datetime) -> Auditor:
    """Note that the tester accepts the procedures under this name: version, digest and moment are the evidence (§12).

    ``digest`` is that of the text which was read. Idempotent. Refused when another version is in force by now, when
    another tester was named, and when the test is over. Locks account and test, with the rights of jobs: whoever bears
    a link writes nothing.
    """
    current = in_force()
    if digest != current.digest:
        raise Refused("other_version", _("The procedures have changed. Read them once more."), clause="12")
    if not name.strip():
        raise Refused("name_missing", _("Fill in your name."), clause="12")
    with isolation.acting_as(isolation.JOBS):
        audit = locked(auditor.audit)
        row = Auditor.objects.select_for_update().filter(pk=auditor.pk, replaced_at__isnull=True).first()
        if row is None or audit.closed_at is not None:
            raise Refused("link_over", _("This link does not work any more."), clause="12")
        if row.accepted_at is None:
            row.accepted_at, row.accepted_as = at, name.strip()
            row.version, row.digest = current.version, current.digest
            row.full_clean(validate_constraints=False)
            row.save(update_fields=["accepted_at", "accepted_as", "version", "digest"])
            audit.accepted_at = at
            if audit.state == AuditState.AGREED:
                move(audit, AuditState.READY)
            audit.save(update_fields=["state", "accepted_at"])
            facts = {"tester": row.reference, "version": row.version, "digest": row.digest}
            record("audit.procedures_accepted", audit, None, **facts)
            tell_holder(audit, "accepted", at=at)
            tell_staff(audit, "accepted", at=at)
        return row
