"""The states of an account and the only steps between them (§2, §5)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    TRIAL = "trial", _("Trial")
    LAPSED = "lapsed", _("Trial ended")
    ACTIVE = "active", _("Active")
    CANCELLED = "cancelled", _("Cancelled")
    ERASED = "erased", _("Erased")


#: from → to; whatever is not here is refused, by ``services.move`` and by a trigger in the database.
TRANSITIONS: dict[State, frozenset[State]] = {
    State.TRIAL: frozenset({State.ACTIVE, State.LAPSED, State.ERASED}),
    State.LAPSED: frozenset({State.ACTIVE, State.ERASED}),
    State.ACTIVE: frozenset({State.CANCELLED}),
    State.CANCELLED: frozenset({State.ACTIVE, State.ERASED}),
    State.ERASED: frozenset(),
}

#: In these an account works; in the others it can be looked at, taken along, (re)activated or erased.
WRITABLE = frozenset({State.TRIAL, State.ACTIVE})
