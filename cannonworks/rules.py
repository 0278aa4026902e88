"""The retention rules of the agreement as data: how long, from when, by which clause (§2, §5, §6).

A lawyer can read this page and a program walks it: lifecycle, sweep, timeline, warnings and the guard on issued
documents all take their terms from here and nowhere else. A change of this page changes ``digest()``, and nothing is
erased under it until a member of staff approved the dry run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cache, lru_cache
from typing import Any

from dateutil.relativedelta import relativedelta
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from cannonworks.datamap import Category

Dates = Mapping[str, date | None]


@dataclass(frozen=True)
class Term:
    """A term in calendar units; it ends on the day with the same number, or the last day of that month."""

    years: int = 0
    months: int = 0
    days: int = 0

    def after(self, start: date) -> date:
        """The day on which the term that starts on ``start`` is over."""
        return start + relativedelta(years=self.years, months=self.months, days=self.days)

    def over_on(self, on: date) -> date:
        """The last day of which the term is over on ``on``: of a month's end several days are over on one."""
        day = on - relativedelta(years=self.years, months=self.months, days=self.days)
        while self.after(day + relativedelta(days=1)) <= on:
            day += relativedelta(days=1)
        return day

    def __str__(self) -> str:
        parts = [
            ngettext("%(count)s year", "%(count)s years", self.years) % {"count": self.years} if self.years else "",
            ngettext("%(count)s month", "%(count)s months", self.months) % {"count": self.months}
            if self.months
            else "",
            ngettext("%(count)s day", "%(count)s days", self.days) % {"count": self.days} if self.days else "",
        ]
        return " ".join(filter(None, parts)) or str(_("at once"))


@dataclass(frozen=True, eq=False)  # a rule is itself: it is looked up often, and has no twin
class Rule:
    """Keep ``categories`` at least ``keep`` and erase them at ``erase``, both counted from the date ``counted_from``.

    None for ``keep`` means as long as the rule applies; None for ``erase`` means that nobody erases it for the holder.
    ``state`` is the account state in which the rule counts; empty where the rule looks at its date alone.
    """

    name: str
    clause: str
    categories: tuple[Category, ...]
    counted_from: str
    keep: Term | None
    erase: Term | None
    why: str | Promise
    state: str = ""

    def window(self, dates: Dates) -> Window:
        """When these categories may go at the earliest and go at the latest, given an account's dates."""
        start = dates[self.counted_from]
        if start is None:
            raise ValueError(f"Rule {self.name!r} needs {self.counted_from}.")
        return _window(self, start)


@dataclass(frozen=True)
class Window:
    """What one rule comes to: floor and ceiling as dates; None: no end."""

    rule: Rule
    kept_until: date | None
    erase_on: date | None


@lru_cache(maxsize=4096)  # a night's accounts share few dates, and each of them asks several times
def _window(rule: Rule, start: date) -> Window:
    return Window(
        rule=rule,
        kept_until=rule.keep.after(start) if rule.keep else None,
        erase_on=rule.erase.after(start) if rule.erase else None,
    )


#: What goes with the account. Bookkeeping and evidence stay longer, under rules of their own.
WITH_THE_ACCOUNT = (
    Category.ACCOUNT,
    Category.RELATIONS,
    Category.EMPLOYEES,
    Category.DOCUMENTS,
    Category.USAGE,
    Category.REQUESTS,
)

RULES = (
    Rule(
        "trial", clause="2", categories=WITH_THE_ACCOUNT, state="trial", counted_from="trial_ends_on",
        keep=None, erase=None, why=_("The trial is running."),
    ),
    Rule(
        "active", clause="5.1", categories=WITH_THE_ACCOUNT, state="active", counted_from="signed_up_on",
        keep=None, erase=None, why=_("As long as you use your account, nothing is erased."),
    ),
    Rule(
        "lapsed", clause="5.3", categories=WITH_THE_ACCOUNT, state="lapsed", counted_from="trial_ends_on",
        keep=Term(months=6), erase=Term(years=2),
        why=_("The trial ended and the account was not activated."),
    ),
    Rule(
        "cancelled", clause="5.4", categories=WITH_THE_ACCOUNT, state="cancelled", counted_from="cancelled_on",
        keep=Term(years=2), erase=Term(years=2), why=_("The account was cancelled."),
    ),
    # The holder's own word, by registered letter, comes before every floor (§5.5, §6).
    Rule(
        "letter", clause="5.5", categories=WITH_THE_ACCOUNT, counted_from="ordered_on",
        keep=Term(), erase=Term(), why=_("The main user asked for erasure at once, by registered letter."),
    ),
    # AWR art. 52: CannonWorks' own books, seven years after the calendar year; never while the account exists.
    Rule(
        "bookkeeping", clause="5", categories=(Category.BOOKKEEPING,), counted_from="next_year_on",
        keep=Term(years=7), erase=Term(years=7),
        why=_("The law has us keep our own books for seven years (AWR art. 52)."),
    ),
    # BW 3:307: claims from a contract lapse after five years.
    Rule(
        "evidence", clause="5", categories=(Category.EVIDENCE,), counted_from="erased_on",
        keep=Term(years=5), erase=Term(years=5),
        why=_("Proof that we kept the agreement, without names, until claims have lapsed."),
    ),
    # A reading: the duty of §5.2 is the holder's own. It binds while the account lives, and goes with the account.
    Rule(
        "issued document", clause="5.2", categories=(Category.DOCUMENTS,), counted_from="next_year_on",
        keep=Term(years=7), erase=None,
        why=_("An issued document is kept for seven years after its calendar year."),
    ),
)  # fmt: skip

#: Days before erasure at which the main user is warned by mail.
WARNING_DAYS = (90, 30, 7)


@dataclass(frozen=True, eq=False)
class Age:
    """Rows of ``model`` go by themselves, also while the account lives, ``keep`` after the day in ``counted_from``.

    ``counted_from`` is a field, of the row or (``link__expires_at``) of what it points at, and ``since`` says it in
    words that follow on "after". ``only`` says which rows, as a filter, where it is not all of them. What cannot be
    without such a row goes with it. The nightly job ``retention.aging`` carries it out.
    """

    model: str
    counted_from: str
    keep: Term
    clause: str
    since: str | Promise
    only: Mapping[str, Any] = field(default_factory=dict)


AGES = (
    Age("accounts.UsageEvent", "at", Term(months=12), clause="17", since=_("the click or sign-in")),
    Age("accounts.Session", "expire_date", Term(days=1), clause="19", since=_("the end of the session")),
    Age("accounts.DeviceToken", "expiry", Term(days=1), clause="1", since=_("the end of its sign-in")),
    Age("accounts.Invitation", "expires_at", Term(days=30), clause="1", since=_("the end of its link")),
    Age("accounts.NewsletterMail", "newsletter__finished_at", Term(days=90), clause="2", since=_("sending it")),
    Age("finance.ShareLink", "expires_at", Term(days=90), clause="3", since=_("the end of the link")),
    # What somebody brought in is with the relations and employees; the file serves to mend what was refused.
    Age(
        "relations.Import", "moved_at", Term(days=7), clause="4", since=_("the last that was done with it"),
        only={"state__in": ("draft", "done", "stopped")},
    ),
    Age("rights.SubjectRequest", "closed_at", Term(years=1), clause="15", since=_("the end of the request")),
    Age("rights.Correction", "ended_at", Term(years=1), clause="16", since=_("the end of the correction")),
    # As long as anybody can bring a claim over a breach (BW 3:310); the register itself names nobody and stays.
    Age("breaches.Consultation", "opened_at", Term(years=5), clause="13", since=_("the first notice of the breach")),
    Age("breaches.Meeting", "ends_at", Term(years=5), clause="13", since=_("the meeting")),
    Age("breaches.BreachReport", "judged_at", Term(years=5), clause="13", since=_("our answer to the report")),
    # Until claims from the agreement have lapsed (BW 3:307): what was tested can be shown as long as it can matter.
    Age("audits.AuditFile", "audit__closed_at", Term(years=5), clause="12", since=_("the end of the test")),
    Age("audits.Audit", "closed_at", Term(years=5), clause="12", since=_("the end of the test")),
    Age("processors.ExtractFile", "made_at", Term(days=30), clause="8", since=_("making it, if nobody takes it")),
    Age("processors.Objection", "answered_at", Term(years=5), clause="9", since=_("our answer to the objection")),
    Age("accounts.PlannedMail", "planned_at", Term(years=1), clause="15", since=_("the mail")),
    # The post gives up by this; every other row goes once its mail went.
    Age(
        "retention.StatementMail", "made_on", Term(days=14), clause="6", since=_("the erasure, if no mail arrives"),
        only={"erasure__statement__isnull": False},
    ),
)  # fmt: skip

#: How long a daily backup is kept (§14); the last one with erased data was made on the day of its erasure.
BACKUPS_KEPT = Term(years=1)

#: How long the wrapped keys in a backup are kept: the newest of them open every backup, and what is destroyed is not in
#: those (§14). So a key that was destroyed is in no copy either, so many days later.
KEYS_KEPT = Term(days=7)

#: How long the archive of a return of data is there to be taken (§6). It is a copy: no rule or data goes by it.
RETURNS_KEPT = Term(days=14)


def rule(name: str) -> Rule:
    """The rule of that name."""
    return next(rule for rule in RULES if rule.name == name)


def age(model: str) -> Age:
    """The rule by which rows of the model with this label go by themselves."""
    return next(age for age in AGES if age.model == model)


def rule_for(state: str, dates: Dates) -> Rule:
    """The rule that decides over what goes with the account: the holder's letter first, else the state's own."""
    if dates.get("ordered_on"):
        return rule("letter")
    return next(rule for rule in RULES if rule.state == state)


def rule_for_tombstone(dates: Dates) -> Rule:
    """The rule under which an erased account went, read from the dates it left."""
    if dates.get("ordered_on"):
        return rule("letter")
    return rule("cancelled" if dates.get("cancelled_on") else "lapsed")


def kept_through_years(name: str, recorded_on: date) -> date:
    """The first day on which a record of ``recorded_on`` may go, under a rule that counts whole calendar years."""
    window = rule(name).window({"next_year_on": date(recorded_on.year + 1, 1, 1)})
    assert window.kept_until is not None  # noqa: S101  such a rule has a floor
    return window.kept_until


@cache
def digest() -> str:
    """``sha256:…`` of the rules, warning days and ages: the version that staff approve and statements name."""
    return digest_of(RULES, WARNING_DAYS, AGES)


def digest_of(rules: tuple[Rule, ...], warning_days: tuple[int, ...], ages: tuple[Age, ...]) -> str:
    """Digest of given rules; reasons and what is only said are left out, since their words change nothing."""
    text = json.dumps([_plain(rules), warning_days, _plain(ages)], sort_keys=True, default=str)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _plain(rules: tuple[Rule, ...] | tuple[Age, ...]) -> list[dict[str, Any]]:
    return [{key: value for key, value in asdict(rule).items() if key not in ("why", "since")} for rule in rules]
