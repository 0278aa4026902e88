"""Findings, and what is done about them until it helped (§7). Nothing closes by itself."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audits.keeping import check_day, check_keeps, check_owner, save, save_new
from audits.models import Finding, Improvement, Measure, MeasureState, Origin, Severity
from cannonworks.deadlines import local_date
from cannonworks.errors import Refused
from journal import services as journal


@transaction.atomic
def record_finding(
    *,
    origin: str,
    of: UUID | None,
    title: str,
    text: str,
    severity: str,
    actor: User,
    at: datetime,
    measure: Measure | None = None,
) -> Finding:
    """Write down that something is not as it should be; it stays open until what it leads to helped, or is accepted.

    ``of``: the random reference of the audit, breach or review it comes from; None only for ``Origin.OTHER``. Texts
    name no people. ValidationError for what cannot be, Refused without a role that keeps findings (§7).
    """
    check_keeps(actor, "add_finding")
    finding = Finding(
        origin=origin, of=of, title=title, text=text, severity=severity, measure=measure,
        found_by=actor.reference, found_at=at,
    )  # fmt: skip
    save_new(finding)
    journal.record(
        "finding.recorded", actor=actor, clause="7", finding=finding.reference, origin=origin, of=of,
        severity=severity, measure=measure and measure.reference,
    )  # fmt: skip
    return finding


@transaction.atomic
def plan_improvement(
    finding: Finding, *, actor: User, at: datetime, text: str, owner: User, due_on: date
) -> Improvement:
    """Say what is done about a finding, by whom, and by the end of which day. Refused when it is closed. Locks it."""
    check_keeps(actor, "add_improvement")
    finding = _locked(finding)
    check_day("due_on", due_on, on=local_date(at))
    check_owner(owner, "change_improvement")
    made = Improvement(finding=finding, text=text, owner=owner, planned_at=at, due_on=due_on)
    save_new(made)
    _record("improvement.planned", made, actor, owner=owner.reference, due_on=due_on)
    return made


@transaction.atomic
def change_improvement(
    improvement: Improvement, *, actor: User, at: datetime, owner: User, due_on: date
) -> Improvement:
    """Give it another owner or day, as long as it is not done; ``planned_at`` stays. Refused after it. Locks."""
    check_keeps(actor, "change_improvement")
    improvement = _improvement(improvement)
    _check_to_do(improvement)
    check_day("due_on", due_on, on=local_date(at))
    check_owner(owner, "change_improvement")
    before = improvement.due_on
    improvement.owner, improvement.due_on = owner, due_on
    save(improvement, "owner", "due_on")
    _record("improvement.changed", improvement, actor, owner=owner.reference, due_on=due_on, due_on_before=before)
    return improvement


@transaction.atomic
def note_done(improvement: Improvement, *, actor: User, at: datetime, result: str) -> Improvement:
    """Note that it was carried out, and how; then somebody else looks whether it helped. Locks."""
    check_keeps(actor, "change_improvement")
    improvement = _improvement(improvement)
    _check_to_do(improvement)
    if not result.strip():
        raise ValidationError({"result": _("Say what was done.")})
    improvement.done_at, improvement.done_by, improvement.result = at, actor.reference, result
    save(improvement, "done_at", "done_by", "result")
    _record("improvement.done", improvement, actor)
    return improvement


@transaction.atomic
def verify_improvement(
    improvement: Improvement, *, actor: User, at: datetime, helped: bool, seen: str, due_on: date | None = None
) -> Improvement:
    """As another than who did it: say what was seen. When it did not help it is to be done again, by ``due_on``.

    Refused for who did it, and when it is not done. Locks.
    """
    check_keeps(actor, "change_improvement")
    improvement = _improvement(improvement)
    if improvement.done_at is None:
        raise Refused("not_done", _("It is not done yet, so there is nothing to look at."), clause="7")
    if improvement.done_by == actor.reference:
        raise Refused("second_person", _("You did it yourself. Somebody else looks whether it helped."), clause="7")
    if not seen.strip():
        raise ValidationError({"seen": _("Say what you saw.")})
    improvement.seen = seen
    if helped:
        improvement.verified_at, improvement.verified_by = at, actor.reference
        save(improvement, "seen", "verified_at", "verified_by")
        _record("improvement.verified", improvement, actor)
        return improvement
    if due_on is None:
        raise ValidationError({"due_on": _("Say by which day it is to be done again.")})
    check_day("due_on", due_on, on=local_date(at))
    improvement.done_at, improvement.done_by, improvement.due_on = None, None, due_on
    save(improvement, "seen", "done_at", "done_by", "due_on")
    _record("improvement.not_helped", improvement, actor, due_on=due_on)
    return improvement


@transaction.atomic
def accept_finding(finding: Finding, *, actor: User, at: datetime, because: str) -> Finding:
    """Close it without doing (more) about it, for a reason. One of high severity: not by who recorded it. Locks."""
    check_keeps(actor, "change_finding")
    finding = _locked(finding)
    if finding.severity == Severity.HIGH and finding.found_by == actor.reference:
        message = _("You recorded this finding, and its severity is high. Somebody else decides to accept it.")
        raise Refused("second_person", message, clause="7")
    if not because.strip():
        raise ValidationError({"because": _("Say why nothing more is done.")})
    finding.accepted_because = because
    return _close(finding, actor, at, event="finding.accepted")


@transaction.atomic
def close_finding(finding: Finding, *, actor: User, at: datetime) -> Finding:
    """Close it, once all that was planned about it was seen to help; a measure that did not work does again with it.

    Refused before that. Locks.
    """
    check_keeps(actor, "change_finding")
    finding = _locked(finding)
    if left := left_to_do(finding):
        raise Refused("not_done", left, clause="7")
    finding = _close(finding, actor, at, event="finding.closed")
    _put_back(finding, actor)
    return finding


def left_to_do(finding: Finding) -> str:
    """Why a finding cannot be closed yet, in the reader's language; nothing when it can."""
    improvements = list(finding.improvements.all())
    if not improvements:
        return _("Nothing was done about it yet. Plan an improvement, or accept it with a reason.")
    if any(each.verified_at is None for each in improvements):
        return _("Not every improvement was seen to help by somebody else yet.")
    return ""


def _close(finding: Finding, actor: User, at: datetime, *, event: str) -> Finding:
    finding.closed_at, finding.closed_by = at, actor.reference
    save(finding, "accepted_because", "closed_at", "closed_by")
    journal.record(event, actor=actor, clause="7", finding=finding.reference, severity=finding.severity)
    return finding


def _put_back(finding: Finding, actor: User) -> None:
    """Have the measure in place again, once nothing that its reviews saw is open. Accepting a finding mends nothing."""
    if finding.origin != Origin.REVIEW or finding.measure_id is None:
        return
    measure = Measure.objects.select_for_update(of=("self",)).get(pk=finding.measure_id)
    if measure.state == MeasureState.FAILING and not Finding.objects.that_reviews_saw(measure).exists():
        measure.state = MeasureState.IN_PLACE
        save(measure, "state")
        journal.record("measure.mended", actor=actor, clause="7", measure=measure.reference, finding=finding.reference)


def _locked(finding: Finding) -> Finding:
    finding = Finding.objects.select_for_update().get(pk=finding.pk)
    if finding.closed_at is not None:
        raise Refused("closed", _("This finding is closed already."), clause="7")
    return finding


def _improvement(improvement: Improvement) -> Improvement:
    """The same, behind the lock of its finding, which is open."""
    _locked(Finding(pk=improvement.finding_id))
    return Improvement.objects.get(pk=improvement.pk)


def _check_to_do(improvement: Improvement) -> None:
    if improvement.done_at is not None:
        raise Refused("done", _("It is done already; now somebody else looks whether it helped."), clause="7")


def _record(event: str, improvement: Improvement, actor: User, **facts: Any) -> None:
    finding = improvement.finding.reference
    journal.record(event, actor=actor, clause="7", improvement=improvement.reference, finding=finding, **facts)
