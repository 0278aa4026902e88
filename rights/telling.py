"""What whoever asks something about their own data is told by mail, at each step (§15).

The same is told whoever was found: no mail says whether somebody is in an account.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from accounts.models import Account, PlannedMail
from accounts.outbox import plan
from rights.models import SubjectRequest
from rights.states import RequestState

#: What there is to tell → the mail that tells it.
MAILS: Mapping[str, str] = {
    "received": "rights/requester_received",
    "answered": "rights/requester_answered",
    "unproven": "rights/requester_unproven",
    "joined": "rights/requester_joined",
    "passed_on": "rights/requester_passed_on",
    "term_over": "rights/requester_term_over",
    "handled": "rights/requester_handled",
    "check_begun": "rights/requester_check_begun",
    "checked": "rights/requester_checked",
    "closed": "rights/requester_closed",
}
#: The other word on a check: the company has not done its part yet. It does not say what that part is.
STILL_OPEN = "rights/requester_still_open"


def tell_requester(request: SubjectRequest, what: str, *, at: datetime) -> None:
    """Plan the mail that tells the requester ``what`` (of ``MAILS``), in the transaction of the step that it tells of.

    Called once the step is written: ``checked`` says by the state how it came out. Nothing happens where the request
    came by letter or phone, without an e-mail; and nobody hears a second time that a request was passed on, since that
    would tell that an account was found after all. LookupError for what there is no mail for.
    """
    template = MAILS[what]
    if what == "checked" and request.state == RequestState.BLOCKED:
        template = STILL_OPEN
    if not request.email or (what == "passed_on" and passed_on_before(request)):
        return
    # By its key: whoever bears the link of the request may not read the account.
    account = Account(pk=request.account_id) if request.account_id else None
    plan(template, about=request.reference, account=account, at=at)


def passed_on_before(request: SubjectRequest) -> datetime | None:
    """When the requester was first told that the company has it; None: never, or by letter."""
    mails = PlannedMail.objects.filter(about=request.reference, template=MAILS["passed_on"])
    return mails.order_by("id").values_list("planned_at", flat=True).first()
