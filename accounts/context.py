"""What the header and the navigation of every page show."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Company
from accounts.states import State

#: The page on which the main user takes the step that fits the state.
STEPS = {
    State.TRIAL: ("activate", _("Activate")),
    State.LAPSED: ("activate", _("Activate")),
    State.ACTIVE: ("cancel", _("Cancel account")),
    State.CANCELLED: ("reactivate", _("Reactivate")),
}

#: URL name, label and icon of the pages that every user has.
OVERVIEW = ("dashboard", _("Overview"), "home")
SECURITY = ("mfa_index", _("Security"), "lock")


def header(request: HttpRequest) -> dict[str, Any]:
    """The account, its company and the pages of whoever is signed in; nothing for visitors and staff."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or user.is_staff:
        return {}
    section = section_of(request)
    if user.is_helper:
        return {"pages": [("helpers", _("Accounts"), "list"), SECURITY], "section": section}
    return {
        "account": user.account,
        # Asked for where it is shown: allauth draws its messages with all this too, as a visitor.
        "company": SimpleLazyObject(lambda: Company.objects.filter(account=user.account_id).first()),
        "chip": chip(user.account),
        "pages": [*(pages(user.account) if user.is_main else [OVERVIEW]), SECURITY],
        "section": section,
    }


def section_of(request: HttpRequest) -> str:
    """URL name of the page in the navigation that the page belongs to: what one signs in with is under security."""
    name = (request.resolver_match and request.resolver_match.url_name) or ""
    return SECURITY[0] if name == "devices" or name.startswith(("mfa_", "account_")) else name


def chip(account: Account) -> tuple[str, Any]:
    """Tone and words of the account's state."""
    if is_going(account):
        return "going", _("Being erased")
    return account.state, State(account.state).label


def pages(account: Account) -> list[tuple[str, Any, str]]:
    """URL name, label and icon of each page in the main user's navigation: with security five, as a phone can hold."""
    step = None if is_going(account) else STEPS.get(State(account.state))
    return [
        OVERVIEW,
        *([(*step, "account")] if step else []),
        ("erasure", _("Erasure"), "erase"),
        ("looks", _("My data"), "eye"),
    ]


def is_going(account: Account) -> bool:
    """Whether its erasure has been ordered or has begun, so that nobody can stop it."""
    return account.claimed_at is not None or account.ordered_on is not None
