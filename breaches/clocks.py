"""The clocks of breaches (§13). A breach of a hundred thousand accounts is one line with that number."""

from django.db.models import Case, Count, Exists, F, Min, OuterRef, Q, Sum, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from breaches.models import Affected, Breach, BreachReport, Consultation, Selection
from cannonworks.clocks import declare, page_of
from cannonworks.deadlines import kind_named
from cannonworks.ends import end_of

NOTICE, CONSULTATION = kind_named("breach_notice"), kind_named("breach_consultation")
BREACH_PAGE = page_of("breaches.breach", "breach_id")

declare(
    "breach_selection",
    label=_("Breach: choose the accounts that it touches"),
    # Asked of the selections, which are few: a list may have a hundred thousand accounts.
    rows=Breach.objects.open().filter(~Exists(Selection.objects.filter(breach=OuterRef("pk"), added__gt=0))),
    start="noticed_at",
    term=NOTICE,
)
declare(
    "breach_notice",
    label=_("Breach: tell the accounts that it touches"),
    # Of the selections too: one probe says whether somebody of theirs is untold. The number is that of the list.
    rows=Selection.objects.filter(
        Exists(Affected.objects.untold().filter(breach=OuterRef("breach"), noticed_at=OuterRef("noticed_at")))
    )
    .values("breach__reference", "noticed_at")
    .annotate(number=Sum("added"), of=Min("breach_id")),
    start="noticed_at",
    term=NOTICE,
    may="breaches.view_breach",
    reference="breach__reference",
    count="number",
    page=page_of("breaches.breach", "of"),
)
declare(
    "breach_report",
    label=_("Reported breach: judge it and confer"),
    rows=BreachReport.objects.to_judge(),
    start=Coalesce("consultation__opened_at", "reported_at"),
    due=Coalesce("consultation__due_at", end_of(CONSULTATION, "reported_at")),
    term=CONSULTATION,
)
declare(
    "breach_consultation",
    label=_("Consultation about a breach"),
    # As long as a report is not judged, its own line has this clock. Without a breach each is a line of its own.
    rows=Consultation.objects.open()
    .filter(Q(report__isnull=True) | Q(report__judged_at__isnull=False))
    .annotate(of=Coalesce("breach__reference", "reference"))
    .values("of", "breach", "due_at")
    .annotate(number=Count("pk"), only=Min("pk"), whose=Min("account_id"), began_at=Min("opened_at")),
    start="began_at",
    due="due_at",
    term=CONSULTATION,
    reference="of",
    account=Case(When(number=1, then=F("whose"))),
    count="number",
    page=Case(When(number=1, then=page_of("breaches.consultation", "only")), default=BREACH_PAGE),
)
