"""The words of the mails to whoever asks something about their own data; registered when the app starts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.outbox import Addressed, text_of, writes
from cannonworks.deadlines import last_day_before
from cannonworks.mails import written
from cannonworks.rules import age
from rights.links import page_of
from rights.models import Outcome, SubjectRequest
from rights.stages import CHECK_WITHIN, deadline_of
from rights.states import RequestState
from rights.telling import MAILS, STILL_OPEN


@writes(*MAILS.values(), STILL_OPEN)
def to_requester(about: UUID) -> Addressed | None:
    """Who asked, with the request and the address of its page; nobody once the request is gone."""
    request = SubjectRequest.objects.filter(reference=about).exclude(email="").first()
    if request is None:
        return None
    return Addressed(request.email, request.language, said_of(request))


def on_paper(request: SubjectRequest) -> str:
    """The words for who has no e-mail, at this step and in their language: staff write them a letter. Else nothing."""
    if request.email:
        return ""
    said = {**said_of(request), "last_day": request.last_day}  # no mail told them of another one
    return "\n\n".join(written(text_of(_now(request)), language=request.language, **said))


def _now(request: SubjectRequest) -> str:
    """The template of what whoever asked is to be told of the step at which the request is."""
    ended = {Outcome.ANSWERED: "answered", Outcome.JOINED: "joined", Outcome.UNPROVEN: "unproven"}
    match request.state:
        case RequestState.RECEIVED:
            return MAILS["received"]
        case RequestState.DONE:
            return MAILS["handled"]
        case RequestState.CHECKING:
            return MAILS["check_begun"]
        case RequestState.BLOCKED:
            return STILL_OPEN
        case RequestState.CLOSED:
            last = "checked" if request.checked_at and request.outcome != Outcome.WITHDRAWN else "closed"
            return MAILS[ended.get(Outcome(request.outcome), last)]
    # An account that turns up during a check is told then; to the requester the check goes on.
    return MAILS["check_begun" if request.check_asked_at else "passed_on"]


def said_of(request: SubjectRequest) -> dict[str, Any]:
    """What the mails about a request see."""
    deadline = deadline_of(request)
    return {
        "request": request,
        "wish": request.get_wish_display,  # called in the language of the mail
        "company": request.company or _("the company"),
        "kept": age("rights.SubjectRequest").keep,
        "page": page_of(request) if request.email else "",
        "last_day": deadline and last_day_before(deadline.due_at),
        "check_days": CHECK_WITHIN.days,
    }
