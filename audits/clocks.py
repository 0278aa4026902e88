"""The clocks of measures, what is found about them, and of tests by account holders (§7, §12)."""

from django.db.models import Max
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from audits.models import Audit, Finding, Improvement, Measure
from audits.showing import ANSWER
from audits.states import WITH_US, AuditState
from cannonworks.clocks import Who, declare
from cannonworks.deadlines import Kind, Term, Unit, kind_named
from cannonworks.ends import midnight

# --- Measures, findings, improvements (§7) ----------------------------------------------------------------------------
#: The agreement has none. Nothing lies about unplanned, and nothing that was done goes unseen.
DECIDE = Kind(
    "finding_to_decide", "7", Term(5, Unit.WORKING_DAYS), _("it was recorded, or the last improvement helped"),
    is_ours=True,
)  # fmt: skip
VERIFY = Kind("improvement_to_verify", "7", Term(5, Unit.WORKING_DAYS), _("it was done"), is_ours=True)


declare(
    "measure_review",
    label=_("Measure: look whether it still works"),
    rows=Measure.objects.kept(),
    start="reviewed_at",
    due=midnight("review_on", later=1),
    clause="7",
    why=_("Who looked last said by when it is looked at again."),
)
declare(
    "finding_to_decide",
    label=_("Finding: plan what is done, or close it"),
    rows=Finding.objects.undecided().annotate(began_at=Greatest("found_at", Max("improvements__verified_at"))),
    start="began_at",
    term=DECIDE,
)
declare(
    "improvement",
    label=_("Improvement: carry it out"),
    rows=Improvement.objects.to_do(),
    start="planned_at",
    due=midnight("due_on", later=1),
    clause="7",
    why=_("By then, it was agreed, it is done."),
)
declare(
    "improvement_to_verify",
    label=_("Improvement: look whether it helped"),
    rows=Improvement.objects.to_verify(),
    start="done_at",
    term=VERIFY,
)

# --- Tests by account holders (§12) ----------------------------------------------------------------------------------
#: The agreement has none of these, nor of the answer to a date: they are ours, so that a test can be as wished.
LOGS = Kind("audit_logs", "12", Term(24, Unit.HOURS), _("the test ends"), is_ours=True)
FINDINGS = Kind("audit_findings", "12", Term(10, Unit.WORKING_DAYS), _("the test ends"), is_ours=True)

declare(
    "audit_notice",
    label=_("Test by an account holder: not before"),
    rows=Audit.objects.filter(state__in=(*WITH_US, AuditState.OFFERED, AuditState.AGREED, AuditState.READY)),
    start="announced_at",
    due="earliest_at",
    term=kind_named("audit_notice"),
    who=Who.HOLDER,
)
declare(
    "audit_answer",
    label=_("Test by an account holder: our answer to the date"),
    rows=Audit.objects.with_us().filter(asked_at__isnull=False),
    start="asked_at",
    term=ANSWER,
)
declare(
    "audit_holder_answer",
    label=_("Test by an account holder: the answer to our date"),
    rows=Audit.objects.filter(state=AuditState.OFFERED, asked_at__isnull=False),
    start="asked_at",
    term=ANSWER,
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
    who=Who.HOLDER,
)
declare(
    "audit_logs",
    label=_("Test by an account holder: preserve the logs"),
    rows=Audit.objects.filter(state=AuditState.ENDED, preserved_at__isnull=True),
    start="ends_at",
    term=LOGS,
)
declare(
    "audit_findings",
    label=_("Test by an account holder: enter what was found"),
    rows=Audit.objects.filter(state=AuditState.ENDED),
    start="ends_at",
    term=FINDINGS,
)
