"""The clocks of measures and tests (§7, §12)."""

from django.utils.translation import gettext_lazy as _

from audits.models import Audit
from audits.showing import ANSWER
from audits.states import WITH_US, AuditState
from cannonworks.clocks import Who, declare
from cannonworks.deadlines import Kind, Term, Unit, kind_named

# --- Tests by account holders (§12) ----------------------------------------------------------------------------------
#: The agreement has none of these, nor of the answer to a date: they are ours, so that a test can be as wished.
LOGS = Kind("audit_logs", "12", Term(24, Unit.HOURS), _("the test ends"), is_ours=True)
FINDINGS = Kind("audit_findings", "12", Term(10, Unit.WORKING_DAYS), _("the test ends"), is_ours=True)
MAY = "audits.view_audit"

declare(
    "audit_notice",
    label=_("Test by an account holder: not before"),
    rows=Audit.objects.filter(state__in=(*WITH_US, AuditState.OFFERED, AuditState.AGREED, AuditState.READY)),
    start="announced_at",
    due="earliest_at",
    term=kind_named("audit_notice"),
    may=MAY,
    who=Who.HOLDER,
)
declare(
    "audit_answer",
    label=_("Test by an account holder: our answer to the date"),
    rows=Audit.objects.with_us().filter(asked_at__isnull=False),
    start="asked_at",
    term=ANSWER,
    may=MAY,
    who=Who.US,
)
declare(
    "audit_holder_answer",
    label=_("Test by an account holder: the answer to our date"),
    rows=Audit.objects.filter(state=AuditState.OFFERED, asked_at__isnull=False),
    start="asked_at",
    term=ANSWER,
    may=MAY,
    who=Who.HOLDER,
)
declare(
    "audit_procedures",
    label=_("Test by an account holder: the tester accepts the procedures"),
    rows=Audit.objects.filter(state=AuditState.AGREED),
    start="agreed_at",
    due="starts_at",
    clause="12",
    why=_("A test does not begin before its tester has accepted the security procedures."),
    may=MAY,
    who=Who.HOLDER,
)
declare(
    "audit_logs",
    label=_("Test by an account holder: preserve the logs"),
    rows=Audit.objects.filter(state=AuditState.ENDED, preserved_at__isnull=True),
    start="ends_at",
    term=LOGS,
    may=MAY,
    who=Who.US,
)
declare(
    "audit_findings",
    label=_("Test by an account holder: enter what was found"),
    rows=Audit.objects.filter(state=AuditState.ENDED),
    start="ends_at",
    term=FINDINGS,
    may=MAY,
    who=Who.US,
)
