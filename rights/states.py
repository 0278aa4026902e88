"""The states of what is asked under the agreement, and the only steps between them (§6, §15, §16)."""

from __future__ import annotations

from typing import TypeVar

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cannonworks.errors import Refused


class RequestState(models.TextChoices):
    RECEIVED = "received", gettext_lazy("Received")
    UNMATCHED = "unmatched", gettext_lazy("No account found")
    TOLD = "told", gettext_lazy("With the account holder")
    DONE = "done", gettext_lazy("Said to be done")
    CHECKING = "checking", gettext_lazy("To be checked by us")
    BLOCKED = "blocked", gettext_lazy("Account blocked")
    CLOSED = "closed", gettext_lazy("Closed")


class ReturnState(models.TextChoices):
    QUEUED = "queued", gettext_lazy("Waiting")
    RUNNING = "running", gettext_lazy("Under way")
    STOPPED = "stopped", gettext_lazy("Stopped")
    READY = "ready", gettext_lazy("Ready")
    CANCELLED = "cancelled", gettext_lazy("Cancelled")
    EXPIRED = "expired", gettext_lazy("Expired")


class CorrectionState(models.TextChoices):
    PROPOSED = "proposed", gettext_lazy("With the main user")
    CONFIRMED = "confirmed", gettext_lazy("Confirmed, to be applied")
    REFUSED = "refused", gettext_lazy("Refused")
    LAPSED = "lapsed", gettext_lazy("Lapsed")
    WITHDRAWN = "withdrawn", gettext_lazy("Withdrawn by staff")
    APPLIED = "applied", gettext_lazy("Applied")


Step = dict[str, frozenset[str]]

#: from → to; whatever is not here is refused. Who asks for a check may do so also where no account was found: the
#: requester is told the same in either case, and cannot tell them apart.
REQUEST_STEPS: Step = {
    RequestState.RECEIVED: frozenset({RequestState.TOLD, RequestState.UNMATCHED, RequestState.CLOSED}),
    RequestState.UNMATCHED: frozenset({RequestState.TOLD, RequestState.CHECKING, RequestState.CLOSED}),
    RequestState.TOLD: frozenset({RequestState.DONE, RequestState.CHECKING, RequestState.CLOSED}),
    RequestState.DONE: frozenset({RequestState.CHECKING, RequestState.CLOSED}),
    # Not to said-to-be-done: staff end a check, and look at what the holder answered during it.
    RequestState.CHECKING: frozenset({RequestState.TOLD, RequestState.BLOCKED, RequestState.CLOSED}),
    RequestState.BLOCKED: frozenset({RequestState.DONE, RequestState.CLOSED}),
    RequestState.CLOSED: frozenset(),
}  # fmt: skip

RETURN_STEPS: Step = {
    ReturnState.QUEUED: frozenset({ReturnState.RUNNING, ReturnState.CANCELLED, ReturnState.STOPPED}),
    ReturnState.RUNNING: frozenset({ReturnState.READY, ReturnState.STOPPED, ReturnState.CANCELLED}),
    ReturnState.STOPPED: frozenset({ReturnState.QUEUED, ReturnState.CANCELLED}),
    ReturnState.READY: frozenset({ReturnState.EXPIRED, ReturnState.CANCELLED}),
    ReturnState.CANCELLED: frozenset(),
    ReturnState.EXPIRED: frozenset(),
}

#: What the main user refused, what lapsed and what staff took back changes nothing, and never will (§16).
CORRECTION_STEPS: Step = {
    CorrectionState.PROPOSED: frozenset({
        CorrectionState.CONFIRMED, CorrectionState.REFUSED, CorrectionState.LAPSED, CorrectionState.WITHDRAWN,
    }),
    CorrectionState.CONFIRMED: frozenset({
        CorrectionState.APPLIED, CorrectionState.LAPSED, CorrectionState.WITHDRAWN,
    }),
    CorrectionState.REFUSED: frozenset(),
    CorrectionState.LAPSED: frozenset(),
    CorrectionState.WITHDRAWN: frozenset(),
    CorrectionState.APPLIED: frozenset(),
}  # fmt: skip

#: Not over: something still has to happen.
OPEN_REQUESTS = tuple(state for state, steps in REQUEST_STEPS.items() if steps)
#: The holder has it, and can and must do something.
WITH_HOLDER = (RequestState.TOLD, RequestState.CHECKING, RequestState.BLOCKED)
OPEN_CORRECTIONS = tuple(state for state, steps in CORRECTION_STEPS.items() if steps)
RETURNS_UNDER_WAY = (ReturnState.QUEUED, ReturnState.RUNNING, ReturnState.STOPPED)

Row = TypeVar("Row", bound=models.Model)


def move(row: Row, state: str, steps: Step, *, clause: str) -> Row:
    """Set the state of a locked row; saves nothing. Refused (``no_such_step``) for a step that does not exist."""
    if state not in steps[row.state]:  # type: ignore[attr-defined]
        words = _("What is “%(from)s” cannot become “%(to)s”.")
        states = type(row)._meta.get_field("state").choices  # type: ignore[union-attr]
        names = {str(value): label for value, label in states or ()}
        told = {"from": names[row.state], "to": names[state]}  # type: ignore[attr-defined]
        raise Refused("no_such_step", words % told, clause=clause)
    row.state = state  # type: ignore[attr-defined]
    return row
