"""What time does with a test: it begins and ends with its window, or lapses where nobody agreed (§12)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audits.agreeing import tester_of
from audits.keeping import check_texts
from audits.locking import check_side, locked, record
from audits.models import Audit
from audits.preserving import finish_all
from audits.querysets import AuditQuerySet
from audits.states import AuditState, move
from audits.telling import tell_holder, tell_staff, tell_tester
from cannonworks.errors import Refused


def tend(*, at: datetime) -> int:
    """Begin, end and lapse what is due at that moment, and seal the logs of what is over; return how many steps.

    Safe to run twice and on several workers at once, and catches up: of a window that went by meanwhile it does all.
    """
    rows = Audit.objects
    steps = sum(
        _each(due, step, at) for due, step in ((rows.to_begin, begin), (rows.to_end, end), (rows.to_lapse, lapse))
    )
    return steps + finish_all(at=at)


@transaction.atomic
def begin(audit: Audit, *, at: datetime) -> bool:
    """Begin a test whose window has come and whose tester accepted the procedures; whether it did."""
    audit = locked(audit)
    if not Audit.objects.to_begin(at).filter(pk=audit.pk).exists():
        return False
    move(audit, AuditState.RUNNING)
    audit.begun_at = at
    audit.save(update_fields=["state", "begun_at"])
    record("audit.begun", audit, None)
    tell_holder(audit, "begun", at=at)
    tell_staff(audit, "begun", at=at)
    tell_tester(tester_of(audit), "begun", at=at)
    return True


@transaction.atomic
def end(audit: Audit, *, at: datetime) -> bool:
    """End a test whose window is over; whether it did. What is told of its logs is told once they are sealed."""
    audit = locked(audit)
    if not Audit.objects.to_end(at).filter(pk=audit.pk).exists():
        return False
    move(audit, AuditState.ENDED)
    audit.ended_at = at
    audit.save(update_fields=["state", "ended_at"])
    record("audit.ended", audit, None)
    tell_tester(tester_of(audit), "ended", at=at)
    return True


@transaction.atomic
def stop(audit: Audit, *, actor: User, at: datetime, why: str = "", by_letter: bool = False) -> Audit:
    """End a running test before its end: the main user who is done with it, or we with a reason (§12).

    Its window ends here, so its logs are preserved up to now and in an hour for the last time. The agreed window stays
    among the proposals. Refused when it does not run. ``by_letter``: staff enter what the account holder wrote.
    """
    audit = locked(audit)
    is_ours = check_side(actor, audit, by_letter=by_letter)
    if is_ours and not why.strip():
        raise Refused("say_why", _("Say why the test has to stop."), clause="12")
    move(audit, AuditState.ENDED)
    audit.ended_at, audit.why, audit.sequence = at, why.strip(), audit.sequence + 1
    audit.ends_at = min(audit.ends_at, at)
    check_texts(audit)
    audit.save(update_fields=["state", "ended_at", "ends_at", "why", "sequence"])
    record("audit.stopped", audit, actor, by_us=is_ours, ends_at=audit.ends_at)
    tell_holder(audit, "stopped", at=at)
    tell_staff(audit, "stopped", at=at)
    tell_tester(tester_of(audit), "stopped", at=at)
    return audit


@transaction.atomic
def lapse(audit: Audit, *, at: datetime) -> bool:
    """Close a test whose window went by without the agreement of the account holder or the tester; whether it did."""
    audit = locked(audit)
    if not Audit.objects.to_lapse(at).filter(pk=audit.pk).exists():
        return False
    move(audit, AuditState.LAPSED)
    audit.closed_at, audit.asked_at = at, None
    audit.save(update_fields=["state", "closed_at", "asked_at"])
    record("audit.lapsed", audit, None)
    tell_holder(audit, "lapsed", at=at)
    tell_staff(audit, "lapsed", at=at)
    return True


def _each(due: Callable[[datetime], AuditQuerySet], step: Callable[..., bool], at: datetime) -> int:
    return sum(_tried(step, audit, at) for audit in due(at).select_related("account"))


def _tried(step: Callable[..., bool], audit: Audit, at: datetime) -> bool:
    try:
        return step(audit, at=at)
    except Refused:  # its account is being erased, and it goes with it
        return False
