"""The clocks of what is asked under the agreement (§6, §15, §16)."""

from django.utils.translation import gettext_lazy as _

from cannonworks.clocks import Who, declare
from cannonworks.deadlines import Kind, Term, Unit, kind_named
from cannonworks.ends import midnight
from rights.models import Correction, DataReturn, RegisteredLetter, SubjectRequest
from rights.states import CorrectionState, RequestState
from rights.tending import CHECK, MATCH

#: The agreement has none: erasure at once waits for the second person.
CONFIRM = Kind("letter_confirmation", "6", Term(2, Unit.WORKING_DAYS), _("the letter came in"), is_ours=True)

declare(
    "request_holder",
    label=_("Request of a data subject, with the account holder"),
    rows=SubjectRequest.objects.filter(state__in=(RequestState.TOLD, RequestState.BLOCKED)),
    start="told_at",
    due="due_at",
    term=kind_named("subject_request"),
    who=Who.HOLDER,
)
declare(
    "request_match",
    label=_("Request of a data subject: find the account"),
    rows=SubjectRequest.objects.filter(state=RequestState.RECEIVED),
    start="received_at",
    term=MATCH,
)
declare(
    "request_check",
    label=_("Request of a data subject: check what was done"),
    rows=SubjectRequest.objects.filter(state=RequestState.CHECKING, check_asked_at__isnull=False),
    start="check_asked_at",
    term=CHECK,
)
declare(
    "data_return",
    label=_("Return of data"),
    rows=DataReturn.objects.under_way(),
    start="asked_at",
    due="due_at",
    term=kind_named("data_return"),
)
declare(
    "correction_decision",
    label=_("Correction, with the main user"),
    rows=Correction.objects.filter(state=CorrectionState.PROPOSED),
    start="proposed_at",
    due="expires_at",
    term=kind_named("correction"),
    who=Who.HOLDER,
)
declare(
    "correction_to_apply",
    label=_("Correction to apply"),
    rows=Correction.objects.filter(state=CorrectionState.CONFIRMED),
    start="decided_at",
    due="expires_at",
    term=kind_named("correction"),
)
declare(
    "letter_confirmation",
    label=_("Registered letter to confirm"),
    rows=RegisteredLetter.objects.waiting(),
    start=midnight("received_on"),
    term=CONFIRM,
    reference="request__code",
)
