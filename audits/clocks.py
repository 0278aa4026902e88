"""The clocks of measures and what is found about them (§7)."""

from datetime import timedelta

from django.db.models import DateTimeField, ExpressionWrapper, F, Func, Max
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from audits.models import Finding, Improvement, Measure
from cannonworks.clocks import Who, declare, page_of
from cannonworks.deadlines import Kind, Term, Unit
from cannonworks.ends import midnight

# --- Measures, findings, improvements (§7) ----------------------------------------------------------------------------
#: The agreement has none. Nothing lies about unplanned, and nothing that was done goes unseen.
DECIDE = Kind(
    "finding_to_decide", "7", Term(5, Unit.WORKING_DAYS), _("it was recorded, or the last improvement helped"),
    is_ours=True,
)  # fmt: skip
VERIFY = Kind("improvement_to_verify", "7", Term(5, Unit.WORKING_DAYS), _("it was done"), is_ours=True)


def day_after(name: str) -> Func:
    """The end of a day: the first midnight after it."""
    return midnight(ExpressionWrapper(F(name) + timedelta(days=1), output_field=DateTimeField()))


declare(
    "measure_review",
    label=_("Measure: look whether it still works"),
    rows=Measure.objects.in_place(),
    start="reviewed_at",
    due=day_after("review_on"),
    clause="7",
    why=_("Who looked last said by when it is looked at again."),
    may="audits.view_measure",
    who=Who.US,
    account=None,
)
declare(
    "finding_to_decide",
    label=_("Finding: plan what is done, or close it"),
    rows=Finding.objects.undecided().annotate(began_at=Greatest("found_at", Max("improvements__verified_at"))),
    start="began_at",
    term=DECIDE,
    may="audits.view_finding",
    who=Who.US,
    account=None,
)
declare(
    "improvement",
    label=_("Improvement: carry it out"),
    rows=Improvement.objects.to_do(),
    start="planned_at",
    due=day_after("due_on"),
    clause="7",
    why=_("By then, it was agreed, it is done."),
    may="audits.view_improvement",
    who=Who.US,
    account=None,
    page=page_of("audits.improvement", "pk"),
)
declare(
    "improvement_to_verify",
    label=_("Improvement: look whether it helped"),
    rows=Improvement.objects.to_verify(),
    start="done_at",
    term=VERIFY,
    may="audits.view_improvement",
    who=Who.US,
    account=None,
    page=page_of("audits.improvement", "pk"),
)
