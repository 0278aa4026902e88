"""What the header and the navigation of every page show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Company, User
from accounts.states import State

#: The page on which the main user takes the step that fits the state.
STEPS = {
    State.TRIAL: ("activate", _("Activate")),
    State.LAPSED: ("activate", _("Activate")),
    State.ACTIVE: ("cancel", _("Cancel account")),
    State.CANCELLED: ("reactivate", _("Reactivate")),
}

Tab = tuple[str, Any]


@dataclass(frozen=True)
class Part:
    """A part of the product in the main menu: the URL name of its first page, label, icon, and the pages within it.

    A page belongs to the part under whose ``paths`` its address lies. ``is_wide``: a phone reaches it by a tab.
    """

    name: str
    label: Any
    icon: str
    paths: tuple[str, ...]
    tabs: tuple[Tab, ...] = ()
    is_wide: bool = False


OVERVIEW = Part("dashboard", _("Overview"), "home", ())
#: What every user of an account sees and what the main user alone sees; each is a row in the menu or a tab in its part.
DATA = Part("looks", _("My data"), "eye", ("/my-data/",), (("looks", _("Who looked")),))
ACCOUNT = Part("mfa_index", _("Account"), "account", ("/account/", "/security/", "/devices/", "/erasure/"))
ACCOUNT_TABS: tuple[Tab, ...] = (("mfa_index", _("Security")), ("devices", _("Devices")))
SECURITY = Part("mfa_index", _("Security"), "lock", ("/security/",))
ACCOUNTS = Part("helpers", _("Accounts"), "list", ("/helpers/",))

#: Public pages, at the foot of every page.
FOOT: tuple[Tab, ...] = (
    ("what-we-do", _("What we do with data")),
    ("privacy", _("Privacy")),
    ("terms", _("Terms")),
    ("record", _("Record")),
)

#: Where the session keeps the number of the terms that its user has yet to acknowledge; see ``adapters``.
TERMS_KEY = "terms"


def header(request: HttpRequest) -> dict[str, Any]:
    """The account, its company and the pages of whoever is signed in; for visitors and staff the foot alone."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or user.is_staff:
        return {"foot": FOOT}
    if user.is_helper:
        return framed(request, [ACCOUNTS, SECURITY])
    return framed(request, parts(user)) | {
        "account": user.account,
        # Asked for where it is shown: allauth draws its messages with all this too, as a visitor.
        "company": SimpleLazyObject(lambda: Company.objects.filter(account=user.account_id).first()),
        "chip": chip(user.account),
        "new_terms": request.session.get(TERMS_KEY),
    }


def framed(request: HttpRequest, pages: list[Part]) -> dict[str, Any]:
    """The menu, with the part and the tab in which the page of this request stands."""
    section = next((part for part in pages if request.path.startswith(part.paths or ("\0",))), None)
    tabs = section.tabs if section else ()
    return {"pages": pages, "section": section, "tabs": tabs, "tab": _tab(request, tabs), "foot": FOOT}


def parts(user: User) -> list[Part]:
    """The menu of a user of an account: five on a phone."""
    account, tabs = user.account, ACCOUNT_TABS
    if user.is_main:
        step = None if is_going(account) else STEPS.get(State(account.state))
        tabs = (*tabs, *([step] if step else []), ("erasure", _("Erasure")))
    return [OVERVIEW, *([DATA] if user.is_main else []), replace(ACCOUNT, tabs=tabs)]


def chip(account: Account) -> tuple[str, Any]:
    """Tone and words of the account's state."""
    if is_going(account):
        return "going", _("Being erased")
    return account.state, State(account.state).label


def is_going(account: Account) -> bool:
    """Whether its erasure has been ordered or has begun, so that nobody can stop it."""
    return account.claimed_at is not None or account.ordered_on is not None


def _tab(request: HttpRequest, tabs: tuple[Tab, ...]) -> str:
    """The tab whose address the page's own begins with, the longest first."""
    under = [(reverse(name), name) for name, _label in tabs]
    return next((name for address, name in sorted(under, reverse=True) if request.path.startswith(address)), "")
