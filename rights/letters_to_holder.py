"""Mails to the main user of an account about a request of a data subject (§15).

They name nobody: a mail can be read by others, and who it is about stands in the account.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from accounts import outbox
from accounts.models import Account
from accounts.outbox import Addressed, to_main_user, writes
from rights.models import SubjectRequest

#: What the main user may be told: that there is a request, that it waits, that the account is blocked, and open again,
#: and that whoever asked takes it back.
WORDS = ("told", "reminded", "blocked", "unblocked", "withdrawn")


def tell_holder(request: SubjectRequest, what: str, *, at: datetime) -> None:
    """Have the main user of the request's account mailed one of ``WORDS``, in the transaction of the step it tells of.

    LookupError for another word. The request itself, and no mail, is on the overview of every user of the account.
    """
    # By its key: whoever bears the link of the request may not read the account.
    account = Account(pk=request.account_id) if request.account_id else None
    outbox.plan(f"rights/holder_{what}", about=request.reference, account=account, at=at)


@writes("rights/holder_told", "rights/holder_reminded", "rights/holder_blocked")
def about_what_waits(reference: UUID) -> Addressed | None:
    """None when meanwhile nothing is to be done any more."""
    found = SubjectRequest.objects.filter(reference=reference).first()
    return _addressed(found) if found and found.waits_for_holder else None


@writes("rights/holder_unblocked")
def about_what_is_done(reference: UUID) -> Addressed | None:
    """None when the account was blocked again for another request meanwhile."""
    found = SubjectRequest.objects.filter(reference=reference).select_related("account").first()
    return _addressed(found) if found and found.account and found.account.blocked_at is None else None


@writes("rights/holder_withdrawn")
def about_what_is_taken_back(reference: UUID) -> Addressed | None:
    """That nothing is to be done any more."""
    found = SubjectRequest.objects.filter(reference=reference).first()
    return _addressed(found) if found else None


def _addressed(request: SubjectRequest) -> Addressed | None:
    if request.due_at is None:
        return None
    address = settings.SITE_URL + reverse("request", args=[request.reference])
    return to_main_user(request.account_id, request=request, last_day=request.last_day, address=address)
