"""The words of the mails to whoever asks something about their own data; registered when the app starts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from cannonworks.rules import AGES
from rights.links import page_of
from rights.models import SubjectRequest
from rights.post import Addressed, writes
from rights.stages import CHECK_WITHIN, deadline_of, last_day_of
from rights.telling import MAILS, STILL_OPEN


@writes(*MAILS.values(), STILL_OPEN)
def to_requester(about: UUID) -> Addressed | None:
    """Who asked, with the request and the address of its page; nobody once the request is gone."""
    request = SubjectRequest.objects.filter(reference=about).exclude(email="").first()
    if request is None:
        return None
    return Addressed(request.email, request.language, said_of(request))


def said_of(request: SubjectRequest) -> dict[str, Any]:
    """What the mails about a request see."""
    deadline = deadline_of(request)
    return {
        "request": request,
        "wish": request.get_wish_display,  # called in the language of the mail
        "company": request.company or _("the company"),
        "kept": AGES["rights.SubjectRequest"],
        "page": page_of(request),
        "last_day": deadline and last_day_of(deadline),
        "check_days": CHECK_WITHIN.days,
    }
