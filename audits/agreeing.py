"""Agreeing on the date: we or the account holder accept, or propose another, back and forth (§12).

Nothing is agreed by silence. Each window that was proposed is kept, with who proposed it and why.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import check_decides
from audits.keeping import check_texts
from audits.locking import check_acts, check_side, locked, record
from audits.models import Audit, Auditor, Proposal
from audits.states import AuditState, move
from audits.telling import tell_holder, tell_staff, tell_tester
from audits.windows import set_window
from cannonworks.errors import Refused

#: In which states each side may propose another window.
OURS = (AuditState.ANNOUNCED, AuditState.COUNTERED, AuditState.AGREED, AuditState.READY)
THEIRS = (AuditState.OFFERED, AuditState.AGREED, AuditState.READY)


@transaction.atomic
def accept(audit: Audit, *, actor: User, at: datetime, by_letter: bool = False) -> Audit:
    """Agree to the window that the other side proposed last; the tester is asked to accept the procedures.

    Refused when it is not the actor's to answer, and when the window has begun meanwhile. ``by_letter``: staff enter
    what the account holder wrote (``by_letter.enter`` keeps the scan).
    """
    audit = locked(audit)
    is_ours = check_side(actor, audit, by_letter=by_letter)
    if not (audit.is_with_us if is_ours else audit.is_with_holder):
        raise Refused("not_yours_to_answer", _("There is no date for you to agree to now."), clause="12")
    set_window(audit, audit.starts_at, audit.ends_at, at=at)
    if audit.agreed_at is not None:
        audit.sequence += 1
    audit.agreed_at, audit.asked_at = at, None
    move(audit, AuditState.READY if audit.accepted_at else AuditState.AGREED)
    audit.save(update_fields=["state", "agreed_at", "asked_at", "sequence"])
    record("audit.agreed", audit, actor, starts_at=audit.starts_at, ends_at=audit.ends_at)
    tell_holder(audit, "agreed", at=at)
    tell_staff(audit, "agreed", at=at)
    tell_tester(tester_of(audit), "agreed" if audit.accepted_at else "invited", at=at)
    return audit


@transaction.atomic
def propose(
    audit: Audit, *, actor: User, at: datetime, starts_at: datetime, ends_at: datetime, reason: str = "",
    by_letter: bool = False,
) -> Audit:  # fmt: skip
    """Propose another window, as staff with a reason or as the main user; the other side answers.

    A date that was agreed on is open again with it. Raises as ``set_window``; Refused when it is not the actor's turn.
    ``by_letter`` as for ``accept``.
    """
    audit = locked(audit)
    is_ours = check_side(actor, audit, by_letter=by_letter)
    if audit.state not in (OURS if is_ours else THEIRS):
        raise Refused("not_yours_to_propose", _("You cannot propose another date now."), clause="12")
    if is_ours and not reason.strip():
        raise Refused("say_why", _("Say why this date does not suit us."), clause="12")
    if (starts_at, ends_at) == (audit.starts_at, audit.ends_at):
        raise Refused("same_window", _("This is the date that stands already. Choose another."), clause="12")
    was_agreed = audit.is_dated
    set_window(audit, starts_at, ends_at, at=at)
    move(audit, AuditState.OFFERED if is_ours else AuditState.COUNTERED)
    audit.asked_at = at
    audit.save(update_fields=["state", "starts_at", "ends_at", "year", "asked_at"])
    _keep(audit, is_ours=is_ours, reason=reason.strip(), actor=actor, at=at)
    if was_agreed:
        tell_tester(tester_of(audit), "reopened", at=at)
    return audit


@transaction.atomic
def withdraw(audit: Audit, *, actor: User, at: datetime, why: str = "", by_letter: bool = False) -> Audit:
    """Withdraw a test as the main user, until it begins; it does not use up the test of its year.

    Staff only ``by_letter``, as for ``accept``: we do not take back what somebody else announced.
    """
    audit = locked(audit)
    if by_letter:
        check_acts(actor)
    else:
        check_decides(actor, audit.account)
    was_agreed = audit.agreed_at is not None
    move(audit, AuditState.WITHDRAWN)
    audit.why, audit.closed_at, audit.asked_at = why.strip(), at, None
    if was_agreed:
        audit.sequence += 1
    check_texts(audit)
    audit.save(update_fields=["state", "why", "closed_at", "asked_at", "sequence"])
    record("audit.withdrawn", audit, actor)
    tell_holder(audit, "withdrawn", at=at)
    tell_staff(audit, "withdrawn", at=at)
    if was_agreed:
        tell_tester(tester_of(audit), "withdrawn", at=at)
    return audit


def tester_of(audit: Audit) -> Auditor:
    """Who tests, as it is now."""
    return Auditor.objects.select_related("account").get(audit=audit, replaced_at__isnull=True)


def _keep(audit: Audit, *, is_ours: bool, reason: str, actor: User, at: datetime) -> None:
    row = Proposal(
        account=audit.account, audit=audit, starts_at=audit.starts_at, ends_at=audit.ends_at, reason=reason,
        is_ours=is_ours, proposed_by=actor.reference, proposed_at=at,
    )  # fmt: skip
    check_texts(row)
    row.save(force_insert=True)
    window = {"starts_at": audit.starts_at, "ends_at": audit.ends_at}
    if is_ours:
        record("audit.offered", audit, actor, **window)
        tell_holder(audit, "offered", at=at)
    else:
        record("audit.countered", audit, actor, **window)
        tell_staff(audit, "countered", at=at)
