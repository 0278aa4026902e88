"""The page of a request in words: the steps behind it and before it, what comes next, and what can be done (§15)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cannonworks.deadlines import Deadline, explain, last_day_before, local_date
from cannonworks.templatetags.days import written
from rights.links import bearing
from rights.models import Outcome, SubjectRequest
from rights.stages import CHECK_WITHIN, Stage, deadline_of, may_ask_for_check, stage_of
from rights.states import OPEN_REQUESTS, RequestState


@dataclass(frozen=True)
class Step:
    """One step in the drawing: ``how`` is ``done``, ``now`` or ``next``; without a day it has not been."""

    title: str
    how: str
    on: date | None = None
    text: str = ""


@dataclass(frozen=True)
class Standing:
    """All that the page of a request shows; nothing of an account is in it."""

    request: SubjectRequest
    stage: Stage
    on: date
    steps: tuple[Step, ...]
    following: str
    explained: tuple[str, ...]
    may_ask_for_check: bool
    may_take_back: bool


def standing_of(request: SubjectRequest, *, at: datetime) -> Standing:
    """How the request stands at this moment, to whoever bears its link. Asks the same queries whoever was found."""
    with bearing(request.reference):
        stage, clock = stage_of(request), deadline_of(request)
    may_check = may_ask_for_check(request, clock, at=at)
    return Standing(
        request=request,
        stage=stage,
        on=local_date(at),
        steps=tuple(_steps(request, stage, clock)),
        following=_following(request, stage, clock, may_check=may_check),
        explained=tuple(explain(_as_told(clock))) if clock else (),
        may_ask_for_check=may_check,
        may_take_back=request.state in OPEN_REQUESTS,
    )


def _steps(request: SubjectRequest, stage: Stage, clock: Deadline | None) -> Iterator[Step]:
    is_closed = stage == Stage.CLOSED
    yield _step(_("Received"), request.received_at, now=stage == Stage.RECEIVED)
    if clock is not None:
        until = _("It has until the end of %(day)s.") % {"day": written(last_day_before(clock.due_at))}
        yield _step(_("Passed on to the company"), clock.start, now=stage == Stage.PASSED_ON, text=until)
    elif not is_closed:
        yield _step(_("Passed on to the company"), None)
    if request.done_at or (not is_closed and not request.check_asked_at):
        yield _step(_("Handled by the company"), request.done_at, now=stage == Stage.HANDLED)
    if request.check_asked_at:
        yield _step(_("A check by us"), request.check_asked_at, now=stage == Stage.CHECKING)
    ended = {Outcome.ANSWERED.value: _("Answered and closed"), Outcome.WITHDRAWN.value: _("Taken back by you")}
    yield _step(ended.get(request.outcome, _("Closed")), request.closed_at)


def _step(title: str, at: datetime | None, *, now: bool = False, text: str = "") -> Step:
    return Step(title, "now" if now else "done" if at else "next", local_date(at) if at else None, text)


def _following(request: SubjectRequest, stage: Stage, clock: Deadline | None, *, may_check: bool) -> str:
    """What happens next, in the requester's language."""
    if stage == Stage.CLOSED:
        return _ended(request)
    if request.state == RequestState.BLOCKED:
        return _("We checked it. The company has not finished yet; until it has, it cannot work with CannonWorks.")
    if stage == Stage.PASSED_ON and clock is not None and not may_check:
        words = _("The company tells you itself what it did. From %(day)s you can have us check it.")
        return words % {"day": written(local_date(clock.due_at))}
    if stage == Stage.HANDLED and request.done_at is not None and may_check:
        words = _("The company tells you itself what it did. Do you doubt it? Until %(day)s you can have us check it.")
        return words % {"day": written(last_day_before(request.done_at + CHECK_WITHIN))}
    return str(NEXT[stage])


def _ended(request: SubjectRequest) -> str:
    if request.outcome == Outcome.ANSWERED:
        return _("You have our answer by mail: what is done with data stands in our privacy statement.")
    if request.outcome == Outcome.WITHDRAWN:
        return _("Nothing more is done with it.")
    return _("Nothing is left to be done. You can always ask something else.")


def _as_told(clock: Deadline) -> Deadline:
    # To the requester the clock starts with what they heard of, whether or not there was an account holder to tell.
    return replace(clock, kind=replace(clock.kind, starts_at=_("your request was passed on")))


NEXT = {
    Stage.RECEIVED: gettext_lazy(
        "A member of our staff reads it and passes it on to the company. You get a mail as soon as that is done."
    ),
    Stage.PASSED_ON: gettext_lazy("The term is over. Did you hear nothing, or is it not done? Then have us check it."),
    Stage.HANDLED: gettext_lazy("The company tells you itself what it did. We close your request by ourselves."),
    Stage.CHECKING: gettext_lazy(
        "A member of our staff looks whether all was done that had to be done. You get a mail as soon as we know."
    ),
}
