"""All that is kept of an account, by category (§16, §19): how much, which fields, why, until when, who may see it.

Computed from the data map and the schedule, so that a model that somebody adds is on the page by itself. Counting ends
at ``MOST``: a page that says "more than 10,000" costs the same for a million rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from cannonworks import datamap, rules
from cannonworks.datamap import Category, Entry, Personal, Role
from cannonworks.rules import Term
from retention.schedule import Fate

MOST = 10_000

#: Why we keep it (§4, §17); of each category.
PURPOSES: Mapping[Category, Promise] = {
    Category.ACCOUNT: _("To let you and your colleagues sign in, and to put your company on quotes and invoices."),
    Category.RELATIONS: _("To make quotes and invoices for them. You decide who is in it."),
    Category.EMPLOYEES: _("For your own administration of who works for you. You decide who is in it."),
    Category.DOCUMENTS: _("To make, send and keep your quotes and invoices, as the tax authorities ask of you."),
    Category.USAGE: _("To make the pages better and to keep them safe. Only where you allow statistics."),
    Category.REQUESTS: _("To carry out what people ask about their own data, and to show that it was done."),
    Category.BOOKKEEPING: _("For our own books: what we charged you and what you paid."),
    Category.EVIDENCE: _("To prove that we kept our agreement. There are no names in it."),
}
#: What rows are called where the model, of a library or of ours, has no word for people.
WORDS: Mapping[str, Promise] = {
    "account.EmailAddress": _("E-mail addresses to sign in with"),
    "accounts.Company": _("Your company"),
    "accounts.DeviceToken": _("Devices"),
    "accounts.ErasureRequest": _("Requests for erasure"),
    "accounts.Session": _("Signed-in browsers"),
    "accounts.UsageDay": _("Daily counts"),
    "accounts.UsageEvent": _("Single clicks and sign-ins"),
    "accounts.User": _("Users"),
    "finance.Line": _("Lines of quotes and invoices"),
    "finance.NumberSeries": _("Number series"),
    "finance.SubscriptionInvoice": _("Our invoices to you"),
    "journal.Entry": _("Lines in the journal"),
    "mfa.Authenticator": _("Second factors"),
}
#: Fields of libraries, or whose word means nothing beside the others.
FIELDS: Mapping[str, Promise] = {
    "accounts.Session.session_key": _("Key of the browser"),
    "accounts.Session.session_data": _("Data of the session"),
    "accounts.Session.signed_in_at": _("Signed in at"),
    "accounts.Session.ip_address": _("Network address"),
    "accounts.Session.user_agent": _("Browser"),
    "accounts.DeviceToken.digest": _("Hash of the token"),
    "accounts.UsageEvent.user": _("User"),
    "accounts.User.last_login": _("Last sign-in"),
    "accounts.User.password": _("Password, only as a hash"),
    "account.EmailAddress.email": _("E-mail"),
    "mfa.Authenticator.data": _("Secret of the second factor"),
    "mfa.Authenticator.last_used_at": _("Last used at"),
    "relations.Employee.bsn": _("BSN, encrypted"),
    "relations.Employee.bsn_hash": _("Hash of the BSN"),
}
VIEWERS: Mapping[str, Promise] = {
    Role.HOLDER: _("You and your colleagues"),
    "main user": _("The main user, after a fresh proof of identity"),
    Role.STAFF: _("Our people, as far as their work needs it"),
    Role.HELPER: _("Companies that work for us"),
}


@dataclass(frozen=True)
class Kept:
    """How many rows of one kind are kept, ``is_more``: and more; ``term``: they go by themselves after it."""

    label: str
    number: int
    is_more: bool
    term: Term | None


@dataclass(frozen=True)
class Viewer:
    """Somebody who may see it, and which fields: none named, all of them."""

    who: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Holding:
    """One category of what is kept."""

    category: Category
    purpose: str | Promise
    kept: tuple[Kept, ...]
    fields: tuple[str, ...]
    clauses: tuple[str, ...]
    viewers: tuple[Viewer, ...]
    fate: Fate | None

    @property
    def number(self) -> int:
        """Rows together, each kind up to ``MOST``."""
        return sum(kept.number for kept in self.kept)

    @property
    def there(self) -> list[Kept]:
        """The kinds of which there is something."""
        return [kept for kept in self.kept if kept.number]


def holdings(account: Account, fates: Sequence[Fate]) -> list[Holding]:
    """What is kept of the account, by category; ``fates`` are those of its schedule. One query, whatever is kept.

    Categories of which we keep nothing at all, of nobody, are left out.
    """
    entries = [entry for entry in datamap.entries() if entry.category and "SELECT" in entry.may.get(Role.HOLDER, "")]
    counts = _count(account, entries)
    by_category = {fate.category: fate for fate in fates}
    found = []
    for category in Category:
        those = [entry for entry in entries if entry.category == category]
        if those:
            found.append(_holding(category, those, counts, by_category.get(category)))
    return found


def _holding(category: Category, entries: Sequence[Entry], counts: Mapping[str, int], fate: Fate | None) -> Holding:
    personal = [(entry, name, said) for entry in entries for name, said in entry.personal.items()]
    return Holding(
        category,
        PURPOSES[category],
        tuple(sorted((_kept(entry, counts[entry.table]) for entry in entries), key=lambda kept: kept.label)),
        _unique(_field_label(entry, name) for entry, name, _said in personal),
        _clauses(said for _entry, _name, said in personal),
        tuple(_viewers(personal)),
        fate,
    )


def _kept(entry: Entry, count: int) -> Kept:
    label = entry.model._meta.label
    word = WORDS.get(label) or entry.model._meta.verbose_name_plural
    return Kept(capfirst(str(word)), min(count, MOST), count > MOST, rules.AGES.get(label))


def _count(account: Account, entries: Sequence[Entry]) -> dict[str, int]:
    """Rows of each table, no further than one more than ``MOST``, all in one statement."""
    parts, params = [], []
    for entry in entries:
        parts.append(
            f"SELECT '{entry.table}', count(*) FROM (SELECT FROM \"{entry.table}\""
            f" WHERE {entry.belonging('= %s')} LIMIT %s) AS found"
        )
        params += [account.reference if entry.by_reference else account.pk, MOST + 1]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), params)
        return dict(cursor.fetchall())


def _field_label(entry: Entry, name: str) -> str:
    field: Any = entry.model._meta.get_field(name)
    return capfirst(str(FIELDS.get(f"{entry.model._meta.label}.{name}") or field.verbose_name))


def _clauses(said: Iterable[Personal]) -> tuple[str, ...]:
    """Numbers of the agreement's clauses, without its sub-headings."""
    return tuple(sorted({personal.clause.partition(" ")[0] for personal in said}, key=float)) or ("5",)


def _viewers(personal: Sequence[tuple[Entry, str, Personal]]) -> Iterable[Viewer]:
    if not personal:
        yield Viewer(str(VIEWERS[Role.HOLDER]), ())
        return
    viewers = [(entry, name, entry.seen_by(name)) for entry, name, _said in personal]
    for who, word in VIEWERS.items():
        seen = [(entry, name) for entry, name, those in viewers if who in those]
        if not seen:
            continue
        is_few = who in (Role.HELPER, "main user")
        yield Viewer(str(word), _unique(_field_label(entry, name) for entry, name in seen) if is_few else ())


def _unique(labels: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(labels))
