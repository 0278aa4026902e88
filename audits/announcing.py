"""Announcing a test in writing: by the main user in the app, or by a letter that staff enter (§12)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.blocking import check_not_blocked
from accounts.models import Account, User
from accounts.services import check_decides, check_writable, lock
from audits import files
from audits.keeping import check_texts
from audits.letters import announcement_pdf
from audits.locking import check_acts, locked, record
from audits.models import Audit, Auditor, Channel, FileKind, Proposal
from audits.states import AuditState, move
from audits.telling import tell_holder, tell_staff, tell_tester
from audits.windows import notice_of, set_window
from cannonworks.deadlines import local_date, start_of_day
from cannonworks.errors import Refused
from cannonworks.uploads import paper


@transaction.atomic
def announce(
    account: Account, *, actor: User, at: datetime, kind: str, scope: str, starts_at: datetime, ends_at: datetime,
    tester: Mapping[str, Any],
) -> Audit:  # fmt: skip
    """Announce a test as the main user; the app writes the announcement, a PDF that both sides can take (§12).

    ``tester`` has ``name``, ``company``, ``email``, ``qualification``, and may have ``qualification_words`` and
    ``language``. Locks the account. Refused as by ``set_window``, for an account that is not running or is blocked, and
    for others than the main user; ValidationError for what cannot be.
    """
    account = lock(account)
    check_decides(actor, account)
    check_writable(account)
    check_not_blocked(account)
    audit = Audit(account=account, kind=kind, scope=scope, announced_by=actor.reference, announced_at=at)
    _write(audit, starts_at, ends_at, tester, actor=actor, at=at)
    content = announcement_pdf(audit)
    files.keep(audit, FileKind.LETTER, content, ending="pdf", actor=actor, at=at, event="audit.letter_kept")
    return audit


@transaction.atomic
def enter_letter(
    account: Account, *, actor: User, at: datetime, received_on: date, scan: File, kind: str, scope: str,
    starts_at: datetime, ends_at: datetime, tester: Mapping[str, Any],
) -> Audit:  # fmt: skip
    """Enter as staff an announcement that came by letter; its day of receipt counts (§12). The scan is sealed.

    Raises as ``announce``; Refused too for a day that is still to come, and for a scan that is no paper.
    """
    account = lock(account)
    check_acts(actor, "audits.add_audit")
    check_writable(account)
    if received_on > local_date(at):
        raise Refused("still_to_come", _("The letter cannot come in on a day that is still to come."), clause="12")
    content, ending = paper(scan, clause="12")
    audit = Audit(
        account=account, kind=kind, scope=scope, channel=Channel.LETTER, announced_by=actor.reference,
        announced_at=start_of_day(received_on),
    )  # fmt: skip
    _write(audit, starts_at, ends_at, tester, actor=actor, at=at)
    files.keep(audit, FileKind.LETTER, content, ending=ending, actor=actor, at=at, event="audit.letter_kept")
    return audit


@transaction.atomic
def name_tester(audit: Audit, *, actor: User, at: datetime, **tester: Any) -> Auditor:
    """Name another tester as the main user, until the test begins; who was named before hears that it is over.

    The new one accepts the procedures too before it begins.
    """
    audit = locked(audit)
    check_decides(actor, audit.account)
    if not audit.is_ahead:
        raise Refused("has_begun", _("This test has begun or is over; its tester stays."), clause="12")
    before = Auditor.objects.filter(audit=audit, replaced_at__isnull=True).first()
    if before is not None:
        before.replaced_at = at
        before.save(update_fields=["replaced_at"])
        if before.accepted_at or audit.agreed_at:
            tell_tester(before, "withdrawn", at=at)
    audit.accepted_at = None
    if audit.state == AuditState.READY:
        move(audit, AuditState.AGREED)
    audit.save(update_fields=["state", "accepted_at"])
    named = _name(audit, tester, at=at)
    record("audit.tester_named", audit, actor, tester=named.reference)
    if audit.state == AuditState.AGREED:
        tell_tester(named, "invited", at=at)
    return named


def _write(
    audit: Audit, starts_at: datetime, ends_at: datetime, tester: Mapping[str, Any], *, actor: User, at: datetime
) -> None:
    """The test, its first window and its tester, with what is told of it."""
    audit.earliest_at = notice_of(audit.announced_at).due_at
    audit.asked_at = at
    set_window(audit, starts_at, ends_at, at=at)
    check_texts(audit)
    audit.full_clean(validate_constraints=False)  # the database looks, and ``set_window`` said it in words
    audit.save(force_insert=True)
    Proposal.objects.create(
        account=audit.account, audit=audit, starts_at=starts_at, ends_at=ends_at, is_ours=False,
        proposed_by=actor.reference, proposed_at=at,
    )  # fmt: skip
    _name(audit, tester, at=at)
    record(
        "audit.announced", audit, actor, channel=audit.channel, kind=audit.kind, starts_at=starts_at, ends_at=ends_at,
        earliest_at=audit.earliest_at,
    )  # fmt: skip
    tell_holder(audit, "announced", at=at)
    tell_staff(audit, "announced", at=at)


def _name(audit: Audit, tester: Mapping[str, Any], *, at: datetime) -> Auditor:
    row = Auditor(account=audit.account, audit=audit, appointed_at=at, **tester)
    row.email = row.email.lower()
    row.full_clean(validate_constraints=False)
    if row.qualification == "other" and not row.qualification_words.strip():
        raise Refused("say_which", _("Say what qualifies the tester."), clause="12")
    row.save(force_insert=True)
    return row
