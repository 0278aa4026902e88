"""What the header and the navigation of every page show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from accounts import banners, cookies
from accounts.models import Account, User
from accounts.states import State
from cannonworks.templatetags.data import address

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
PEOPLE: tuple[Tab, ...] = (("relations", _("Relations")), ("employees", _("Employees")))
RELATIONS = Part("relations", _("Relations"), "people", ("/relations/",), PEOPLE)
EMPLOYEES = Part("employees", _("Employees"), "employee", ("/employees/",), PEOPLE, is_wide=True)
#: What every user of an account sees and what the main user alone sees; each is a row in the menu or a tab in its part.
DATA_TABS: tuple[Tab, ...] = (
    ("my-data", _("What we keep")),
    ("requests", _("Requests")),
    ("breaches", _("Breaches")),
    ("audits", _("Tests")),
    ("disclosures", _("Asked by others")),
    ("usage", _("Usage")),
)
DATA_PATHS = ("/my-data/", "/requests/", "/breaches/", "/consultations/", "/audits/")
DATA = Part("my-data", _("My data"), "eye", DATA_PATHS, DATA_TABS)
#: All that the users of a blocked account have (§15), and what does not wait for anything (§13).
REQUESTS = Part("requests", _("Requests"), "eye", ("/requests/", "/relations/", "/employees/"))
BREACHES = Part("breaches", _("Breaches"), "alert", ("/breaches/", "/consultations/"))
DOCUMENTS = Part(
    "documents", _("Documents"), "document", ("/documents/",), (("documents", _("Documents")), ("links", _("Links")))
)
ACCOUNT = Part(
    "account", _("Account"), "account", ("/account/", "/security/", "/devices/", "/newsletter/", "/erasure/")
)
ACCOUNT_TABS: tuple[Tab, ...] = (
    ("account", _("Account")),
    ("company", _("Company")),
    ("users", _("Users")),
    ("mfa_index", _("Security")),
    ("devices", _("Devices")),
    ("newsletter", _("Newsletter")),
)
SECURITY = Part("mfa_index", _("Security"), "lock", ("/security/",))
ACCOUNTS = Part("helpers", _("Accounts"), "list", ("/helpers/",))

#: Public pages, at the foot of every page.
FOOT: tuple[Tab, ...] = (
    ("what-we-do", _("What we do with data")),
    ("privacy", _("Privacy")),
    ("sub-processors", _("Sub-processors")),
    ("your-rights", _("Your rights")),
    ("terms", _("Terms")),
    ("record", _("Record of processing")),
    ("disclosure-counts", _("Asked by authorities")),
    ("cookies", _("Cookies")),
    ("newsletter", _("Newsletter")),
)

#: In the session of who works with a second factor and has one; it cannot be removed without ending the session.
SECURED = "has_second_factor"
#: Where the session keeps the number of the terms that its user has yet to acknowledge; see ``adapters``.
TERMS_KEY = "terms"


def header(request: HttpRequest) -> dict[str, Any]:
    """The account, its company and the pages of whoever is signed in; for visitors and staff the foot alone."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"foot": FOOT, "ask_about_cookies": user is not None and is_asked(request)}
    if user.is_staff:
        return {"foot": FOOT, "ask_about_cookies": False, "in_administration": request.session.get(SECURED, False)}
    if user.is_helper:
        return framed(request, [ACCOUNTS, SECURITY])
    # Asked for where it is shown: allauth draws its messages with all this too, as a visitor.
    company = SimpleLazyObject(lambda: banners.company_of(user.account_id))
    return framed(request, parts(user)) | {
        "account": user.account,
        "company": company,
        "banners": SimpleLazyObject(lambda: banners.shown(company)),
        "chip": chip(user.account),
        "ask_about_cookies": user.analytics is None and is_asked(request),
        "new_terms": request.session.get(TERMS_KEY),
    }


def is_asked(request: HttpRequest) -> bool:
    """Whether the browser has given no answer about statistics, so that the question stands above the page (§20)."""
    return cookies.answer_in(request.COOKIES) is None and request.path != address("cookies")


def framed(request: HttpRequest, pages: list[Part]) -> dict[str, Any]:
    """The menu, with the part and the tab in which the page of this request stands."""
    section = next((part for part in pages if request.path.startswith(part.paths or ("\0",))), None)
    tabs = section.tabs if section else ()
    return {"pages": pages, "section": section, "tabs": tabs, "tab": _tab(request, tabs), "foot": FOOT}


def parts(user: User) -> list[Part]:
    """The menu of a user of an account: five on a phone."""
    tabs, data = ACCOUNT_TABS, DATA
    if user.account.blocked_at is not None:  # type: ignore[union-attr]  # a user of an account
        return [REQUESTS, BREACHES]
    if user.is_main:
        data = replace(DATA, tabs=(*DATA_TABS, ("looks", _("Who looked"))))
        tabs = (
            *tabs,
            ("subscription", _("Our invoices")),
            ("corrections", _("Corrections")),
            ("erasure", _("Erasure")),
        )
    return [OVERVIEW, RELATIONS, EMPLOYEES, DOCUMENTS, data, replace(ACCOUNT, tabs=tabs)]


def chip(account: Account) -> tuple[str, Any]:
    """Tone and words of the account's state."""
    if is_going(account):
        return "going", _("Being erased")
    if account.blocked_at is not None:
        return "going", _("Blocked")
    return account.state, State(account.state).label


def is_going(account: Account) -> bool:
    """Whether its erasure has been ordered or has begun, so that nobody can stop it."""
    return account.claimed_at is not None or account.ordered_on is not None


def _tab(request: HttpRequest, tabs: tuple[Tab, ...]) -> str:
    """The tab whose address the page's own begins with, the longest first; a consultation is under breaches."""
    under = [(address(name), name) for name, _label in tabs]
    under += [("/consultations/", name) for name, _label in tabs if name == "breaches"]
    return next((name for address, name in sorted(under, reverse=True) if request.path.startswith(address)), "")
