"""The clocks of emergency access (§10)."""

from django.utils.translation import gettext_lazy as _

from cannonworks.clocks import Who, declare
from cannonworks.deadlines import Kind, Term, Unit
from processors.models import Glass

#: The agreement has no terms for these: a calamity does not wait, and holders hear of it soon.
APPROVAL = Kind("glass_approval", "10", Term(1, Unit.HOURS), _("access was asked for"), is_ours=True)
REPORT = Kind("glass_report", "10", Term(2, Unit.WORKING_DAYS), _("the access was over"), is_ours=True)

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
