"""What CannonWorks does with data, told to everybody: promises in plain words, and their periods drawn (§5, §6).

The drawings are examples that begin today; they come from the same rules and schedule as the sweep.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.promises import terms_of_rules
from accounts.states import State
from cannonworks import deadlines, rules
from retention.outlook import Moment, moments
from retention.schedule import Fate, History, schedule
from retention.timeline import Timeline, draw


@dataclass(frozen=True)
class Vow:
    """A promise in plain words, the clause that makes it, and the page that proves it (URL name and words)."""

    icon: str
    title: str
    text: str
    clause: str
    proof: str = ""
    proof_words: str = ""


@dataclass(frozen=True)
class Story:
    """What becomes of data after one step, drawn and in days."""

    key: str
    title: str
    text: str
    timeline: Timeline
    days: tuple[tuple[date | None, str], ...]


@dataclass(frozen=True)
class Together:
    """Categories that share a fate, under one name: stands where a category does in the drawing."""

    label: str


def vows() -> list[Vow]:
    """The promises, the most asked ones first; their periods are those of the rules."""
    terms: Mapping[str, Any] = terms_of_rules() | {each.name: each.term for each in deadlines.KINDS}
    kept = {"term": terms["cancelled"].erase, "days": terms["warnings"], "backups": terms["backups"]}
    return [
        Vow(
            "people",
            _("It stays yours"),
            _("Your data makes CannonWorks work for you. We do nothing else with it, sell nothing and share nothing."),
            "3",
            "privacy",
            _("Which data, why, and who works for us"),
        ),
        Vow(
            "done",
            _("Nothing goes while you use it"),
            _("As long as your account is active we erase nothing, however old it gets."),
            "5.1",
            "terms",
            _("Read it in the terms"),
        ),
        Vow(
            "home",
            _("Time to come back"),
            _("Stopped? For %(term)s you can pick up where you left off. We mail you %(days)s days before it ends.")
            % kept,
            "5.4",
        ),
        Vow(
            "bin",
            _("Gone is gone"),
            _("Then we destroy the key, erase everything and look again until nothing is found. You get signed proof."),
            "6",
            "verify",
            _("Check such a statement yourself"),
        ),
        Vow(
            "document",
            _("Take it with you"),
            _(
                "Ask for your data and you get all of it within %(term)s, in files that other programs read."
                " For %(kept)s that copy is there for you."
            )
            % {"term": terms["data_return"], "kept": terms["returns"]},
            "6",
        ),
        Vow(
            "eye",
            _("Nobody looks in secret"),
            _("Staff open your account only with a reason. You see who looked, when and why."),
            "1",
            "record",
            _("See our record of processing"),
        ),
        Vow(
            "people",
            _("Your customers decide too"),
            _(
                "Who is kept in your account can ask for a change or erasure. You hear it at once, and have %(term)s."
                " We tell nobody who is in it."
            )
            % {"term": terms["subject_request"]},
            "15",
            "your-rights",
            _("What somebody can ask"),
        ),
        Vow(
            "lock",
            _("Locked, also for us"),
            _("Every account has its own key; without it BSNs and files cannot be read. Backups go after %(backups)s.")
            % kept,
            "7",
            "security-policy",
            _("Found a weakness? Tell us"),
        ),
        Vow(
            "chart",
            _("You hear it when it goes wrong"),
            _("If there is a breach of your data, we tell you within %(term)s: what, how, and what we do about it.")
            % {"term": terms["breach_notice"]},
            "13",
        ),
    ]


def stories(*, on: date) -> list[Story]:
    """What becomes of data that somebody leaves behind on ``on``: after a trial, a cancellation, and a letter."""
    trial = timedelta(days=settings.TRIAL_DAYS)
    begun = on - relativedelta(years=1)
    dates = {"signed_up_on": begun, "trial_ends_on": begun + trial}
    books = (rules.kept_through_years("bookkeeping", on),)
    customer = History(State.CANCELLED, _dates(**dates, cancelled_on=on), records=books)
    tried = History(State.LAPSED, _dates(signed_up_on=on - trial, trial_ends_on=on))
    return [
        _story(
            "trial",
            _("You tried it, and that was it"),
            _("Your trial ends today and you do nothing."),
            tried,
            on,
        ),
        _story("cancelled", _("You stop after a year"), _("You cancel today, and do not come back."), customer, on),
        _story(
            "letter",
            _("You want everything gone at once"),
            _("You cancel today, and we have your registered letter."),
            customer.but(State.CANCELLED, ordered_on=on),
            on,
        ),
    ]


def _story(key: str, title: str, text: str, history: History, on: date) -> Story:
    found = moments(schedule(history))
    days = tuple((moment.erase_on, _name(moment)) for moment in found)
    return Story(key, title, text, draw(_together(found), history, on=on), days)


def _together(found: Sequence[Moment]) -> list[Fate]:
    """One fate for each moment, under the name of all that goes then."""
    return [replace(moment.fates[0], category=Together(_name(moment))) for moment in found]  # type: ignore[arg-type]


def _name(moment: Moment) -> str:
    categories = {fate.category for fate in moment.fates}
    if categories >= set(rules.WITH_THE_ACCOUNT):
        others = [str(c.label).lower() for c in sorted(categories - set(rules.WITH_THE_ACCOUNT))]
        return ", ".join([_("Everything in your account"), *others])
    return capfirst(moment.names)


def _dates(**known: date) -> dict[str, date | None]:
    names = ("signed_up_on", "trial_ends_on", "cancelled_on", "ordered_on", "erased_on")
    return {name: known.get(name) for name in names}
