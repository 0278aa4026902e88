"""The clocks of sub-processors, their papers and people, and of emergency access (§8 to §11)."""

from datetime import timedelta

from django.db.models import DateField, DateTimeField, Exists, ExpressionWrapper, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Now, TruncDate
from django.utils.translation import gettext_lazy as _

from cannonworks.clocks import Who, declare, page_of
from cannonworks.deadlines import AMSTERDAM, Kind, Term, Unit
from cannonworks.ends import midnight
from processors import promised
from processors.models import (
    Change,
    Disclosure,
    Extract,
    Glass,
    Helper,
    Objection,
    Project,
    Stage,
    Statement,
    SubProcessor,
)
from processors.models.extracts import ExtractState

#: So many days before a paper ends its clock begins: half of it is when staff are first told.
BEFORE = 90
WORKING = SubProcessor.objects.filter(stage__in=(Stage.ANNOUNCED, Stage.ACTIVE))

#: The agreement has no terms for these: a calamity does not wait, and holders hear of it soon.
APPROVAL = Kind("glass_approval", "10", Term(1, Unit.HOURS), _("access was asked for"), is_ours=True)
REPORT = Kind("glass_report", "10", Term(2, Unit.WORKING_DAYS), _("the access was over"), is_ours=True)


declare(
    "agreement_expiry",
    label=_("Processing agreement with a sub-processor: renew it"),
    rows=WORKING.filter(agreement__valid_until__isnull=False),
    start=midnight("agreement__valid_until", later=-BEFORE),
    due=midnight("agreement__valid_until", later=1),
    clause="9",
    why=_("The last day that stands in the agreement; counted from ninety days before."),
)
declare(
    "transfer_expiry",
    label=_("Protection outside the EEA: renew it"),
    rows=WORKING.filter(transfer__valid_until__isnull=False),
    start=midnight("transfer__valid_until", later=-BEFORE),
    due=midnight("transfer__valid_until", later=1),
    clause="11",
    why=_("The last day that stands in the proof; counted from ninety days before."),
)
declare(
    "sub_processor_change",
    label=_("Change of sub-processors: papers and answers, so that it takes effect"),
    rows=Change.objects.open(),
    start="announced_at",
    due=midnight("effective_on", later=1),
    clause="9",
    why=_("The end of the day that was announced to account holders."),
)
declare(
    "objection_answer",
    label=_("Objection to a change of sub-processors: answer it"),
    rows=Objection.objects.to_answer().filter(change__in_force_at__isnull=True, change__withdrawn_at__isnull=True),
    start="made_at",
    due=midnight("change__effective_on"),
    clause="9",
    why=_("The day on which the change takes effect: before it we answer."),
)
declare(
    "glass_approval",
    label=_("Emergency access: approve or refuse"),
    rows=Glass.objects.undecided(),
    start="asked_at",
    term=APPROVAL,
    may="processors.approve_glass",
)
declare(
    "glass_open",
    label=_("Emergency access: open"),
    rows=Glass.objects.not_over(),
    start="opened_at",
    due="ends_at",
    clause="10",
    why=_("As many hours as were approved."),
)
declare(
    "glass_report",
    label=_("Emergency access: say what was done, and report it"),
    rows=Glass.objects.to_report(),
    start="closed_at",
    term=REPORT,
)

# --- Helpers ---------------------------------------------------------------------------------------------------------

#: So long before a project begins the clock of who has yet to sign does.
SIGN_BEFORE = timedelta(days=14)
TODAY = TruncDate(Now(), tzinfo=AMSTERDAM)
SIGNED = Statement.objects.filter(
    Q(ended_on__isnull=True) | Q(ended_on__gt=TODAY), user=OuterRef("user"), signed_on__lte=TODAY
)
#: Of the projects that are not over the one that begins first.
BEGINS = Project.objects.filter(helpers=OuterRef("pk"), ends_at__gt=Now()).order_by("starts_at").values("starts_at")[:1]

declare(
    "helper_statement",
    label=_("Helper in a project without a confidentiality statement: have it signed"),
    rows=Helper.objects.filter(~Exists(SIGNED), ended_at__isnull=True)
    .annotate(begins=Subquery(BEGINS))
    .filter(begins__isnull=False),
    start=ExpressionWrapper(F("begins") - SIGN_BEFORE, output_field=DateTimeField()),
    due="begins",
    clause="8",
    why=_("The beginning of the project; counted from fourteen days before. Until it is signed, they see nothing."),
    reference="user__reference",
)
declare(
    "statement_again",
    label=_("Confidentiality statement: sign the new words"),
    rows=Statement.objects.filter(digest__in=promised.earlier(), ended_on__isnull=True),
    start=midnight(Value(promised.current().since, DateField())),
    term=promised.AGAIN,
)

# --- What others ask of us -------------------------------------------------------------------------------------------

declare(
    "disclosure_consent",
    label=_("Consent to give data to somebody else: the account holder answers, or we refuse"),
    rows=Disclosure.objects.filter(consent_asked_at__isnull=False, consent="", decision=""),
    start="consent_asked_at",
    due="consent_until",
    clause="8",
    why=_("Fourteen days to think; without an answer nothing is given on consent."),
    who=Who.HOLDER,
)
declare(
    "disclosure_gag",
    label=_("Request that the account holder may not know of: tell them when that ends"),
    rows=Disclosure.objects.filter(told_at__isnull=True, gag_until__isnull=False, account_reference__isnull=False),
    start="decided_at",
    due=midnight("gag_until"),
    clause="8",
    why=_("The day that was recorded with the gag; a job tells the holder that night."),
)
declare(
    "disclosure_extract",
    label=_("File with data to hand over: download it"),
    rows=Extract.objects.filter(state=ExtractState.READY),
    start="made_at",
    due="expires_at",
    clause="8",
    why=_("Thirty days after it was made it is removed."),
    may="processors.view_disclosure",
    page=page_of("processors.disclosure", "disclosure_id"),
)
