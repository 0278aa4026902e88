"""The clocks of retention: reviews of holds, parked erasures, alarms (§5). The agreement has no term for them."""

from django.utils.translation import gettext_lazy as _

from cannonworks.clocks import declare
from cannonworks.deadlines import Kind, Term, Unit
from cannonworks.ends import midnight
from retention.models import Alarm, Erasure, Hold

CONFIRM = Kind("hold_confirmation", "5", Term(2, Unit.WORKING_DAYS), _("the hold was placed"), is_ours=True)
PARKED = Kind("parked_erasure", "5", Term(1, Unit.WORKING_DAYS), _("the erasure was given up on"), is_ours=True)
ALARM = Kind("alarm", "5", Term(24, Unit.HOURS), _("the alarm was raised"), is_ours=True)

declare(
    "hold_review",
    label=_("Hold to review"),
    rows=Hold.objects.active(),
    start=midnight("placed_on"),
    due=midnight("review_on"),
    clause="5",
    why=_("The review date that was set when the hold was placed, a year later at most."),
    reference="pk",
)
declare(
    "hold_confirmation",
    label=_("Hold to confirm"),
    rows=Hold.objects.to_confirm(),
    start=midnight("placed_on"),
    term=CONFIRM,
    reference="pk",
)
declare(
    "parked_erasure",
    label=_("Parked erasure: find the cause"),
    rows=Erasure.objects.parked(),
    start="parked_at",
    term=PARKED,
)
declare(
    "alarm",
    label=_("Alarm to look at"),
    rows=Alarm.objects.filter(cleared_at__isnull=True),
    start="raised_at",
    term=ALARM,
    reference="pk",
)
