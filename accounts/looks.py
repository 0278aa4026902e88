"""Who looked at an account's data, when and why (§1, §7, §10, §19): read from the journal, told in words.

Staff and helpers are told by role or category, for the holder has to do with CannonWorks and not with a person;
colleagues of the account's own by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from accounts.models import Account, User
from accounts.roles import HelperCategory
from cannonworks.deadlines import start_of_day
from journal.models import Entry

PAGE = 50
#: What was on the pages that staff and helpers open, by the name that the journal has for each.
PAGES = {
    "account": gettext_lazy("company, windows and users of your account"),
    "user": gettext_lazy("name, e-mail and sign-in of a user"),
    "letter": gettext_lazy("name of the main user, for your registered letter"),
    "record": gettext_lazy("our record of processing for your account"),
    "correction": gettext_lazy("what is to be corrected in your account"),
    "accounts": gettext_lazy("reference, state, company name and KvK number, in the list of accounts"),
    "masked": gettext_lazy("reference and state, in the list of accounts"),
}


@dataclass(frozen=True)
class Look:
    """One time that somebody looked. ``kind`` is ``staff``, ``helper`` or ``holder``; the texts are translated."""

    id: int
    at: datetime
    kind: str
    who: str
    what: str
    ticket: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Looks:
    """A page of looks, newest first. ``after``: what ``before`` is for the next page; None on the last one."""

    rows: list[Look]
    after: int | None


#: event of the journal → what it tells, from the facts of an entry
EVENTS: Mapping[str, Callable[[dict], str]] = {
    "support.opened": lambda facts: _("opened your account to look"),
    "support.looked": lambda facts: _page(facts),
    "support.closed": lambda facts: _("closed your account again"),
    "helper.looked": lambda facts: _page(facts),
    "glass.told": lambda facts: _reached(facts),
    "bsn.revealed": lambda facts: _("BSN of an employee, in full"),
    "export.downloaded": lambda facts: _lists(facts) or _("a copy of all data, downloaded"),
}

#: What a file tells of that has a part of the data, by the name that the journal has for it.
LISTS = {
    "relations": gettext_lazy("list of relations, downloaded"),
    "employees": gettext_lazy("list of employees and contractors, downloaded"),
}


def looks(
    account: Account, *, since: date | None = None, until: date | None = None, before: int | None = None
) -> Looks:
    """Who looked at the account's data from ``since`` through ``until`` (Amsterdam days), newest first, 50 a page.

    ``before`` is the ``after`` of the page before this one. Served by the journal's index on accounts.
    """
    entries = list(_entries(account, since, until, before)[: PAGE + 1])
    shown = entries[:PAGE]
    names = _names(account, shown)
    rows = [_look(entry, names) for entry in shown]
    return Looks(rows, shown[-1].pk if len(entries) > PAGE else None)


def _entries(account: Account, since: date | None, until: date | None, before: int | None) -> QuerySet[Entry]:
    found = Entry.objects.filter(account_reference=account.reference, event__in=EVENTS).order_by("-id")
    if since:
        found = found.filter(at__gte=start_of_day(since))
    if until:
        found = found.filter(at__lt=start_of_day(until + timedelta(days=1)))
    return found.filter(pk__lt=before) if before else found


def _names(account: Account, entries: list[Entry]) -> dict[UUID, str]:
    own = {entry.actor_reference for entry in entries if entry.actor_kind == "holder"}
    return {user.reference: user.full_name for user in User.objects.filter(account=account, reference__in=own)}


def _look(entry: Entry, names: Mapping[UUID, str]) -> Look:
    facts = entry.facts
    return Look(
        entry.pk, entry.at, entry.actor_kind, _who(entry, names), EVENTS[entry.event](facts),
        ticket=facts.get("ticket", ""), reason=facts.get("reason", ""),
    )  # fmt: skip


def _who(entry: Entry, names: Mapping[UUID, str]) -> str:
    facts = entry.facts
    if entry.event == "glass.told":
        return _("CannonWorks, administrator of servers and database")
    if entry.actor_kind == "staff":
        roles = ", ".join(gettext(role) for role in facts.get("role", "").split(", ") if role)
        return _("CannonWorks, %(role)s") % {"role": roles or _("staff")}
    if entry.actor_kind == "helper":
        return _("Helper: %(category)s") % {"category": HelperCategory(facts["category"]).label}
    return names.get(entry.actor_reference, "") or _("Former colleague")  # type: ignore[arg-type]


def _lists(facts: dict) -> str:
    return str(LISTS.get(facts.get("what", ""), ""))


def _page(facts: dict) -> str:
    name = facts.get("page", "")
    return str(PAGES.get(name, name))


def _reached(facts: dict) -> str:
    """Of emergency access: which data, when, and what was done there."""
    since, until = (
        date_format(timezone.localtime(datetime.fromisoformat(facts[name])), "j F Y H:i") for name in ("since", "until")
    )
    changes = facts.get("changes", 0)
    said = ngettext(
        "%(count)s change in your data.", "%(count)s changes in your data.", changes) % {"count": changes}  # fmt: skip
    return _(
        "data of your account in the database, from %(since)s until %(until)s. What was done: %(done)s %(changes)s"
    ) % {"since": since, "until": until, "done": facts["done"], "changes": said}
