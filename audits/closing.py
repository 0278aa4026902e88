"""What came of a test (§12): the tester's report, findings that become measures, costs, and the end."""

from __future__ import annotations

from datetime import datetime

from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import check_decides
from audits import files, improving
from audits.locking import check_acts, locked, record
from audits.models import Audit, AuditFile, FileKind, Finding, Improvement, Measure, Origin
from audits.states import AuditState, move
from audits.telling import tell_holder, tell_staff
from cannonworks.errors import Refused
from cannonworks.uploads import paper

WRITING_UP = (AuditState.RUNNING, AuditState.ENDED)


@transaction.atomic
def add_report(audit: Audit, *, actor: User, at: datetime, report: File) -> AuditFile:
    """Seal the tester's report as the main user; another one is kept beside it. Refused before the test began."""
    audit = locked(audit)
    check_decides(actor, audit.account)
    if audit.begun_at is None:
        raise Refused("not_begun", _("This test has not begun yet."), clause="12")
    content, ending = paper(report, clause="12")
    tell_staff(audit, "report", at=at)
    return files.keep(audit, FileKind.REPORT, content, ending=ending, actor=actor, at=at, event="audit.report_added")


@transaction.atomic
def enter_finding(
    audit: Audit, *, actor: User, at: datetime, title: str, text: str, severity: str, measure: Measure | None = None
) -> Finding:
    """Enter a finding of the report as staff; the holder sees it, and what is done about it (§7, §12)."""
    audit = locked(audit)
    check_acts(actor)
    if audit.begun_at is None:
        raise Refused("not_begun", _("This test has not begun yet."), clause="12")
    tell_holder(audit, "finding", at=at)
    return improving.record_finding(
        origin=Origin.AUDIT, of=audit.reference, title=title, text=text, severity=severity, actor=actor, at=at,
        measure=measure,
    )  # fmt: skip


@transaction.atomic
def note_costs(audit: Audit, *, actor: User, at: datetime, cents: int, what: str) -> Audit:
    """Note as staff what the test costs the account holder; he agrees to it in the app (§12)."""
    audit = locked(audit)
    check_acts(actor)
    if audit.closed_at is not None:
        raise Refused("audit_over", _("This test is over."), clause="12")
    if not what.strip():
        raise Refused("say_which", _("Say what the costs are for."), clause="12")
    audit.costs_cents, audit.costs_for = cents, what.strip()
    audit.costs_noted_at, audit.costs_agreed_at = at, None
    audit.full_clean(validate_constraints=False)
    audit.save(update_fields=["costs_cents", "costs_for", "costs_noted_at", "costs_agreed_at"])
    record("audit.costs_noted", audit, actor, cents=cents)
    tell_holder(audit, "costs", at=at)
    return audit


@transaction.atomic
def agree_to_costs(audit: Audit, *, actor: User, at: datetime, cents: int) -> Audit:
    """Agree as the main user to the costs that were on the page, ``cents``; Refused when they are others by now."""
    audit = locked(audit)
    check_decides(actor, audit.account)
    if audit.costs_cents is None or audit.costs_cents != cents:
        raise Refused("other_costs", _("These are not the costs any more. Look once more."), clause="12")
    if audit.costs_agreed_at is None:
        audit.costs_agreed_at = at
        audit.save(update_fields=["costs_agreed_at"])
        record("audit.costs_agreed", audit, actor, cents=cents)
    return audit


@transaction.atomic
def finish(audit: Audit, *, actor: User, at: datetime) -> Audit:
    """Close a test as staff: what was found is entered, or nothing was. Refused before its logs are sealed."""
    audit = locked(audit)
    check_acts(actor)
    if audit.state == AuditState.ENDED and audit.preserved_at is None:
        raise Refused("logs_first", _("The logs of this test are not preserved yet; that takes an hour."), clause="12")
    move(audit, AuditState.DONE)
    audit.closed_at = at
    audit.save(update_fields=["state", "closed_at"])
    record("audit.done", audit, actor, findings=Finding.objects.filter(origin=Origin.AUDIT, of=audit.reference).count())
    tell_holder(audit, "done", at=at)
    return audit


def findings_of(audit: Audit) -> list[tuple[Finding, list[Improvement]]]:
    """What a test found, the worst and oldest first, each with what is done about it; two queries."""
    order = {"high": 0, "medium": 1, "low": 2}
    rows = Finding.objects.filter(origin=Origin.AUDIT, of=audit.reference).prefetch_related("improvements")
    found = sorted(rows, key=lambda row: (order[row.severity], row.pk))
    return [(row, list(row.improvements.all())) for row in found]
