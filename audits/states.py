"""The states of a test by an account holder, and the only steps between them (§12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cannonworks.errors import Refused

if TYPE_CHECKING:
    from audits.models import Audit


class AuditState(models.TextChoices):
    ANNOUNCED = "announced", gettext_lazy("Announced, with us")
    OFFERED = "offered", gettext_lazy("Another date proposed by us")
    COUNTERED = "countered", gettext_lazy("Another date proposed by the account holder")
    AGREED = "agreed", gettext_lazy("Date agreed, waits for the tester")
    READY = "ready", gettext_lazy("Ready to begin")
    RUNNING = "running", gettext_lazy("Running")
    ENDED = "ended", gettext_lazy("Over, being written up")
    DONE = "done", gettext_lazy("Done")
    WITHDRAWN = "withdrawn", gettext_lazy("Withdrawn")
    LAPSED = "lapsed", gettext_lazy("Not held")


S = AuditState
#: from → to; whatever is not here is refused. A date that was agreed on can be put up for discussion until the test
#: begins; what the tester accepted stays accepted meanwhile. Nothing is agreed by silence, so silence only lapses.
STEPS: Mapping[str, frozenset[str]] = {
    S.ANNOUNCED: frozenset({S.OFFERED, S.AGREED, S.WITHDRAWN}),
    S.OFFERED: frozenset({S.COUNTERED, S.AGREED, S.READY, S.WITHDRAWN, S.LAPSED}),
    S.COUNTERED: frozenset({S.OFFERED, S.AGREED, S.READY, S.WITHDRAWN}),
    S.AGREED: frozenset({S.OFFERED, S.COUNTERED, S.READY, S.WITHDRAWN, S.LAPSED}),
    S.READY: frozenset({S.OFFERED, S.COUNTERED, S.AGREED, S.RUNNING, S.WITHDRAWN}),
    S.RUNNING: frozenset({S.ENDED}),
    S.ENDED: frozenset({S.DONE}),
    S.DONE: frozenset(),
    S.WITHDRAWN: frozenset(),
    S.LAPSED: frozenset(),
}

#: It is ours to answer.
WITH_US = (S.ANNOUNCED, S.COUNTERED)
#: Both sides agreed on the date.
DATED = (S.AGREED, S.READY, S.RUNNING, S.ENDED, S.DONE)
#: The tester has accepted the procedures: the database asks for it.
ACCEPTED = (S.READY, S.RUNNING, S.ENDED, S.DONE)
#: Not begun, so that the date, the tester and the whole can still be changed.
AHEAD = (S.ANNOUNCED, S.OFFERED, S.COUNTERED, S.AGREED, S.READY)
OPEN = tuple(state for state, steps in STEPS.items() if steps)
OVER = tuple(state for state, steps in STEPS.items() if not steps)
#: Does not use up the test of its year (docs/readings.md).
UNUSED = (S.WITHDRAWN, S.LAPSED)


def move(audit: Audit, state: str) -> None:
    """Set the state of a locked row; saves nothing. Refused (``no_such_step``) for a step that does not exist."""
    if state not in STEPS[audit.state]:
        words = _("A test that is “%(from)s” cannot become “%(to)s”.")
        told = {"from": S(audit.state).label, "to": S(state).label}
        raise Refused("no_such_step", words % told, clause="12")
    audit.state = state
