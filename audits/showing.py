"""What the page of a test shows: its clocks, proposed dates, files and findings, and what can be done (§12)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audits.agreeing import THEIRS
from audits.closing import findings_of
from audits.models import Audit, AuditFile, Auditor, FileKind, Finding, Improvement, Proposal
from audits.states import AuditState
from cannonworks.deadlines import Kind, Term, Unit, compute, explain, last_day_before, local_date
from cannonworks.left import Left, days_left

#: Either side answers within this; the agreement has no such term.
ANSWER = Kind("audit_answer", "12", Term(5, Unit.WORKING_DAYS), _("the other side proposes a date"), is_ours=True)

#: State → the tone of its chip.
TONES: Mapping[str, str] = {
    AuditState.ANNOUNCED: "trial", AuditState.OFFERED: "lapsed", AuditState.COUNTERED: "trial",
    AuditState.AGREED: "lapsed", AuditState.READY: "active", AuditState.RUNNING: "active",
    AuditState.ENDED: "trial", AuditState.DONE: "active",
}  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """One test as its account sees it."""

    audit: Audit
    auditor: Auditor | None
    proposals: list[Proposal]
    files: Mapping[str, AuditFile]
    findings: list[tuple[Finding, list[Improvement]]]
    left: Left | None
    explained: list[str]
    can_decide: bool

    @property
    def tone(self) -> str:
        return TONES.get(self.audit.state, "")

    @property
    def why_offered(self) -> str:
        """Why we propose another date."""
        return next((each.reason for each in reversed(self.proposals) if each.is_ours), "")

    @property
    def can_answer(self) -> bool:
        return self.can_decide and self.audit.is_with_holder

    @property
    def can_propose(self) -> bool:
        return self.can_decide and self.audit.state in THEIRS

    @property
    def can_change(self) -> bool:
        """Withdraw it, and name another tester."""
        return self.can_decide and self.audit.is_ahead

    @property
    def can_stop(self) -> bool:
        """End it before its end."""
        return self.can_decide and self.audit.state == AuditState.RUNNING

    @property
    def has_begun(self) -> bool:
        return self.audit.begun_at is not None


def shown(audit: Audit, *, user: User, at: datetime) -> Shown:
    """Everything the page needs; five queries at most."""
    due_at = compute(ANSWER, audit.asked_at).due_at if audit.asked_at else None
    newest: dict[str, AuditFile] = {}
    for row in AuditFile.objects.filter(audit=audit).order_by("number"):
        row.audit = audit
        newest[FileKind(row.kind).value] = row
    return Shown(
        audit=audit,
        auditor=audit.auditor,
        proposals=list(Proposal.objects.filter(audit=audit).order_by("id")),
        files=newest,
        findings=findings_of(audit) if audit.begun_at else [],
        left=days_left(due_at, Unit.WORKING_DAYS, on=local_date(at)) if due_at else None,
        explained=explain(audit.notice),
        can_decide=user.is_main,
    )


def last_day_to_answer(audit: Audit) -> date | None:
    """The last day of the term in which it is to be answered; None where nobody has to."""
    return last_day_before(compute(ANSWER, audit.asked_at).due_at) if audit.asked_at else None
