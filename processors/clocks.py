"""The clocks of helpers: who has not signed and is in a project (§8, §10)."""

from datetime import timedelta

from django.db.models import DateTimeField, Exists, ExpressionWrapper, F, OuterRef, Q, Subquery
from django.db.models.functions import Now, TruncDate
from django.utils.translation import gettext_lazy as _

from cannonworks.clocks import Who, declare
from cannonworks.deadlines import AMSTERDAM
from processors.models import Helper, Project, Statement

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
    may="processors.view_helper",
    who=Who.US,
    reference="user__reference",
    account=None,
)
