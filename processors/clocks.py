"""The clocks of sub-processors and their papers, of what is announced, and of emergency access (§9, §10, §11)."""

from datetime import timedelta

from django.db.models import DateTimeField, ExpressionWrapper, F, Func
from django.utils.translation import gettext_lazy as _

from cannonworks.clocks import Who, declare, page_of
from cannonworks.deadlines import Kind, Term, Unit
from cannonworks.ends import midnight
from processors.models import Change, Glass, Objection, Stage, SubProcessor

#: So long before a paper ends its clock begins: half of it is when staff are first told.
BEFORE = timedelta(days=90)
WORKING = SubProcessor.objects.filter(stage__in=(Stage.ANNOUNCED, Stage.ACTIVE))

#: The agreement has no terms for these: a calamity does not wait, and holders hear of it soon.
APPROVAL = Kind("glass_approval", "10", Term(1, Unit.HOURS), _("access was asked for"), is_ours=True)
REPORT = Kind("glass_report", "10", Term(2, Unit.WORKING_DAYS), _("the access was over"), is_ours=True)


def after(day: str, by: timedelta) -> Func:
    """The midnight with which the day begins that is so many days after another one."""
    return midnight(ExpressionWrapper(F(day) + by, output_field=DateTimeField()))


declare(
    "agreement_expiry",
    label=_("Processing agreement with a sub-processor: renew it"),
    rows=WORKING.filter(agreement__valid_until__isnull=False),
    start=after("agreement__valid_until", -BEFORE),
    due=after("agreement__valid_until", timedelta(days=1)),
    clause="9",
    why=_("The last day that stands in the agreement; counted from ninety days before."),
    may="processors.view_subprocessor",
    who=Who.US,
    account=None,
)
declare(
    "transfer_expiry",
    label=_("Protection outside the EEA: renew it"),
    rows=WORKING.filter(transfer__valid_until__isnull=False),
    start=after("transfer__valid_until", -BEFORE),
    due=after("transfer__valid_until", timedelta(days=1)),
    clause="11",
    why=_("The last day that stands in the proof; counted from ninety days before."),
    may="processors.view_subprocessor",
    who=Who.US,
    account=None,
)
declare(
    "sub_processor_change",
    label=_("Change of sub-processors: papers and answers, so that it takes effect"),
    rows=Change.objects.open(),
    start="announced_at",
    due=after("effective_on", timedelta(days=1)),
    clause="9",
    why=_("The end of the day that was announced to account holders."),
    may="processors.view_change",
    who=Who.US,
    account=None,
)
declare(
    "objection_answer",
    label=_("Objection to a change of sub-processors: answer it"),
    rows=Objection.objects.to_answer().filter(change__in_force_at__isnull=True, change__withdrawn_at__isnull=True),
    start="made_at",
    due=midnight("change__effective_on"),
    clause="9",
    why=_("The day on which the change takes effect: before it we answer."),
    may="processors.view_objection",
    who=Who.US,
    page=page_of("processors.objection", "pk"),
)
declare(
    "glass_approval",
    label=_("Emergency access: approve or refuse"),
    rows=Glass.objects.undecided(),
    start="asked_at",
    term=APPROVAL,
    may="processors.approve_glass",
    who=Who.US,
    account=None,
)
declare(
    "glass_open",
    label=_("Emergency access: open"),
    rows=Glass.objects.not_over(),
    start="opened_at",
    due="ends_at",
    clause="10",
    why=_("As many hours as were approved."),
    may="processors.view_glass",
    who=Who.US,
    account=None,
)
declare(
    "glass_report",
    label=_("Emergency access: say what was done, and report it"),
    rows=Glass.objects.to_report(),
    start="closed_at",
    term=REPORT,
    may="processors.view_glass",
    who=Who.US,
    account=None,
)
