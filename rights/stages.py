"""How a request stands, as the requester is told it: in one place, and the same whoever was found (§15).

An account that was found, a company that nobody knows, a person who is in no account: of all these the requester sees
that the request was passed on, and until when. The dates follow from what they were told, not from what is known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from cannonworks.deadlines import Deadline, compute, kind_named
from rights.models import SubjectRequest
from rights.states import RequestState
from rights.telling import passed_on_before

#: So long after it is said to be done a check may be asked.
CHECK_WITHIN = timedelta(days=30)


class Stage(StrEnum):
    """All that the requester hears of the state of a request."""

    RECEIVED = "received"
    PASSED_ON = "passed_on"
    HANDLED = "handled"
    CHECKING = "checking"
    CLOSED = "closed"


STAGES: Mapping[str, Stage] = {
    RequestState.RECEIVED: Stage.RECEIVED,
    RequestState.UNMATCHED: Stage.PASSED_ON,
    RequestState.TOLD: Stage.PASSED_ON,
    RequestState.DONE: Stage.HANDLED,
    RequestState.CHECKING: Stage.CHECKING,
    RequestState.BLOCKED: Stage.CHECKING,
    RequestState.CLOSED: Stage.CLOSED,
}


def stage_of(request: SubjectRequest) -> Stage:
    """What the requester is told; the same whether or not somebody was found."""
    stage = STAGES[request.state]
    # An account that turns up during a check is told then; to the requester the check goes on.
    return Stage.CHECKING if stage == Stage.PASSED_ON and request.check_asked_at else stage


def deadline_of(request: SubjectRequest) -> Deadline | None:
    """The clock of which the requester was told; None for what was not passed on. One query, whoever was found."""
    told_at = passed_on_before(request) or request.told_at
    if told_at is None and request.state in (RequestState.RECEIVED, RequestState.CLOSED):
        return None
    return compute(kind_named("subject_request"), told_at or request.received_at)


def may_ask_for_check(request: SubjectRequest, clock: Deadline | None, *, at: datetime) -> bool:
    """Whether a check may be asked: the term of ``clock`` is over, or it was said to be done not too long ago (§15)."""
    match stage_of(request):
        case Stage.PASSED_ON:
            return clock is not None and at >= clock.due_at
        case Stage.HANDLED:
            return request.done_at is not None and at < request.done_at + CHECK_WITHIN
    return False
