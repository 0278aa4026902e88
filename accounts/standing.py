"""How an account stands, in words and days, and what its main user can do now: from the same rules as the sweep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import Account, ErasureRequest
from accounts.services import dates_of
from accounts.states import State
from cannonworks import rules

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Fact:
    """A day that counts for the account, and what it means."""

    label: str | Promise
    day: date | None
    note: str = ""


@dataclass(frozen=True)
class Step:
    """Something the main user can do now: the URL name of its page, button, and what follows from it."""

    name: str
    label: str
    why: str
    look: str = ""


def standing(account: Account, *, on: date) -> dict[str, Any]:
    """What the page of the account tells on ``on``: state, what it means, its days, its steps; one query at most."""
    is_going = account.claimed_at is not None or account.ordered_on is not None
    state = _state(account, on)
    asked = None if state == State.ACTIVE else ErasureRequest.objects.open().filter(account=account).first()
    lead, facts, steps = (_going if is_going else PARTS[state])(account, on)
    if asked is not None:
        steps = [step for step in steps if step.name != "erasure"]
    return {
        "on": on,
        "state": state,
        "is_going": is_going,
        "lead": lead,
        "facts": facts,
        "steps": steps,
        "asked": asked,
    }


def _state(account: Account, on: date) -> State:
    """A trial that is over has ended, also before the sweep notes it."""
    is_over = account.state == State.TRIAL and account.trial_ends_on <= on
    return State.LAPSED if is_over else State(account.state)


Part = tuple[str, Sequence[Fact], list[Step]]


def _trial(account: Account, on: date) -> Part:
    window = rules.rule_for(State.LAPSED, {}).window(dates_of(account))
    facts = [
        Fact(_("Last day of your trial"), account.trial_ends_on - DAY, _("Until then you can do everything.")),
        Fact(_("Read-only from"), account.trial_ends_on, _("If you do not activate: you look, and change nothing.")),
        Fact(_("Kept at least until"), window.kept_until),
        Fact(_("Erased on"), window.erase_on, _("If you do not activate before that day.")),
    ]
    return _("You are trying CannonWorks. It costs nothing, and nothing is erased as long as the trial runs."), facts, [
        _activate(), _erase(),
    ]  # fmt: skip


def _lapsed(account: Account, on: date) -> Part:
    window = rules.rule_for(State.LAPSED, {}).window(dates_of(account))
    facts = [
        Fact(_("Your trial ended on"), account.trial_ends_on - DAY),
        Fact(_("Kept at least until"), window.kept_until),
        *_ends(window.erase_on, _("You can activate up to and including")),
    ]
    return _("Your trial is over. You can look at everything, but change nothing until you activate."), facts, [
        _activate(), _erase(),
    ]  # fmt: skip


def _active(account: Account, on: date) -> Part:
    window = rules.rule_for(State.CANCELLED, {}).window({"cancelled_on": on})
    facts = [
        Fact(_("Customer since"), account.signed_up_on),
        Fact(_("Erased on"), None, _("Nothing, as long as you use your account.")),
        Fact(_("If you cancel today: kept until"), window.erase_on, _("So long you can come back.")),
    ]
    step = Step(
        "cancel", _("Cancel your account"),
        _("You pay no more, and can still look at everything. You can come back for two years; then all is erased."),
        "button-quiet",
    )  # fmt: skip
    return _("Your account is active. As long as you use it, nothing is erased."), facts, [step]


def _cancelled(account: Account, on: date) -> Part:
    window = rules.rule_for(State.CANCELLED, {}).window(dates_of(account))
    facts = [
        Fact(_("You cancelled on"), account.cancelled_on),
        *_ends(window.erase_on, _("You can reactivate up to and including")),
    ]
    back = Step("reactivate", _("Reactivate your account"), _("You go on where you stopped, and nothing is erased."))
    return _("You cancelled. You can look at everything and take it with you, but change nothing."), facts, [
        back, _erase(),
    ]  # fmt: skip


def _going(account: Account, on: date) -> Part:
    return _("This account is being erased. That cannot be stopped any more."), [], []


def _ends(erase_on: date | None, label: str) -> list[Fact]:
    return [
        Fact(label, erase_on - DAY if erase_on else None),
        Fact(_("Erased on"), erase_on, _("We mail you 90, 30 and 7 days before.")),
    ]


def _activate() -> Step:
    return Step(
        "activate", _("Activate your account"), _("You go on with everything you entered, and nothing is erased.")
    )


def _erase() -> Step:
    why = _("By registered letter, if you do not want to wait. Until it is confirmed you can change your mind.")
    return Step("erasure", _("Ask for erasure at once"), why, "button-quiet")


PARTS = {
    State.TRIAL: _trial,
    State.LAPSED: _lapsed,
    State.ACTIVE: _active,
    State.CANCELLED: _cancelled,
    State.ERASED: _going,
}
