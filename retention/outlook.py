"""What lies ahead of an account, in the words and dates of its dashboard; all from the same schedule as the sweep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.functional import Promise, SimpleLazyObject
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, ErasureRequest
from accounts.states import State
from cannonworks import rules
from cannonworks.datamap import Category
from retention.models import Hold
from retention.schedule import Fate, History, history_of, schedule
from retention.timeline import Timeline, draw


@dataclass(frozen=True)
class Moment:
    """Categories that go on the same day; None: no end in sight, or a hold keeps them back."""

    erase_on: date | None
    fates: tuple[Fate, ...]

    @property
    def names(self) -> str:
        """Its categories in one phrase: "Your account, relations (held), quotes and invoices"."""
        return capfirst(", ".join(_name(fate) for fate in self.fates))


@dataclass(frozen=True)
class WhatIf:
    """A step the account could take today, or would without doing anything, and what then becomes of its data."""

    title: str | Promise
    note: str | Promise
    timeline: Timeline
    moments: tuple[Moment, ...]
    is_default: bool = False


def outlook(account: Account, *, on: date) -> dict[str, Any]:
    """All that the dashboard tells about an account on ``on``: five queries at most, whatever the account holds."""
    history = now(history_of(account), on)
    fates = schedule(history)
    erase_on = min((fate.erase_on for fate in fates if fate.erase_on), default=None)
    is_going = account.claimed_at is not None or account.ordered_on is not None
    return {
        "on": on,
        "state": "going" if is_going else history.state.value,
        "fates": fates,
        "timeline": draw(fates, history, on=on),
        "erase_on": erase_on,
        "keep_until": fates[0].kept_until,
        "last_trial_day": account.trial_ends_on - timedelta(days=1),
        "last_chance": erase_on - timedelta(days=1) if erase_on else None,
        "is_near": erase_on is not None and (erase_on - on).days <= max(rules.WARNING_DAYS),
        # Drawn where they are shown: the dashboard does without.
        "what_ifs": [] if is_going else SimpleLazyObject(lambda: what_ifs(history, on=on)),
        "holds": _holds(account) if history.holds else [],
        "open_request": ErasureRequest.objects.open().filter(account=account).first(),
    }


def _holds(account: Account) -> list[tuple[Hold, list[Any]]]:
    held = Hold.objects.active().filter(account=account).order_by("review_on")
    return [(hold, [Category(name).label for name in hold.categories]) for hold in held]


def now(history: History, on: date) -> History:
    """The history as it stands on ``on``: a trial that is over has ended, also before the sweep notes it."""
    ends_on = history.dates["trial_ends_on"]
    is_over = history.state == State.TRIAL and ends_on is not None and ends_on <= on
    return history.but(State.LAPSED) if is_over else history


def moments(fates: Sequence[Fate]) -> tuple[Moment, ...]:
    """Fates by the day on which they come, first days first; last what has no day or is held."""
    by_day: dict[date | None, list[Fate]] = {}
    for fate in fates:
        by_day.setdefault(None if fate.held_by else fate.erase_on, []).append(fate)
    return tuple(Moment(day, tuple(by_day[day])) for day in sorted(by_day, key=lambda day: day or date.max))


def what_ifs(history: History, *, on: date) -> list[WhatIf]:
    """What the account's own steps would come to if they were taken on ``on``."""
    return [_what_if(*step, on=on) for step in _steps(history, on)]


def _steps(history: History, on: date) -> Sequence[tuple[str | Promise, str | Promise, History]]:
    letter = _("As if we had received and confirmed your registered letter today.")
    erased = (_("If you ask for erasure at once today"), letter, history.but(history.state, ordered_on=on))
    active = (_("You go on where you stopped."), history.but(State.ACTIVE, cancelled_on=None))
    cancelled = history.but(State.CANCELLED, cancelled_on=on)
    return {
        State.TRIAL: [
            (_("If you do nothing"), _("Your trial ends and the account is not activated."), history.but(State.LAPSED)),
            erased,
        ],
        State.LAPSED: [(_("If you activate today"), *active), erased],
        State.ACTIVE: [
            (_("If you cancel today"), _("You keep the time to come back; then everything is erased."), cancelled),
            (
                _("If you cancel today and ask for erasure at once"),
                letter,
                cancelled.but(State.CANCELLED, ordered_on=on),
            ),
        ],
        State.CANCELLED: [(_("If you reactivate today"), *active), erased],
    }.get(history.state, [])


def _what_if(title: str | Promise, note: str | Promise, history: History, *, on: date) -> WhatIf:
    fates = schedule(history)
    lapses_on = history.dates["trial_ends_on"] if history.state == State.LAPSED else None
    happens_by_itself = lapses_on is not None and lapses_on > on
    return WhatIf(title, note, draw(fates, history, on=on), moments(fates), happens_by_itself)


def _name(fate: Fate) -> str:
    name = str(fate.category.label).lower()
    return _("%(name)s (held)") % {"name": name} if fate.held_by else name
