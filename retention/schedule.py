"""What happens to each category of an account's data and when: pure, from dates, rules and holds (§2, §5).

The sweep, the holder's timeline, the dry run and "what if" all ask here, so they cannot tell different stories.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

from accounts.models import Account
from accounts.services import dates_of
from accounts.states import State
from cannonworks import rules
from cannonworks.datamap import Category, entries
from cannonworks.rules import WITH_THE_ACCOUNT, Rule, Window
from retention.models import Ground, Hold


@dataclass(frozen=True)
class Stop:
    """A confirmed hold, as far as the schedule needs it."""

    name: str
    ground: Ground

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class History:
    """All that the schedule of an account depends on. ``records``: ends of the duty to keep bookkeeping records."""

    state: State
    dates: Mapping[str, date | None]
    records: tuple[date, ...] = ()
    holds: Mapping[Category, tuple[Stop, ...]] = field(default_factory=dict)
    deferred: frozenset[Category] = frozenset()

    @property
    def shape(self) -> object:
        """What the schedule depends on, holds apart: equal shapes, equal fates."""
        return self.state, tuple(map(self.dates.get, _telling(self.state, rules.RULES))), self.records, self.deferred

    @cached_property
    def fates(self) -> tuple[Fate, ...]:
        """What ``schedule`` gives, computed once: a run of erasure asks several times."""
        fates = _of_tombstone(self) if self.state == State.ERASED else _of_the_living(self)
        if not self.holds:
            return tuple(fates)
        return tuple(replace(fate, held_by=self.holds.get(fate.category, ())) for fate in fates)

    def but(self, state: State, **dates: date | None) -> History:
        """The same history with another state and dates: "what if"."""
        return replace(self, state=state, dates={**self.dates, **dates})


@dataclass(frozen=True)
class Fate:
    """One category of one account: kept at least until, erased on (None: no end in sight), why, and what lost."""

    category: Category
    rule: Rule
    kept_until: date | None
    erase_on: date | None
    held_by: tuple[Stop, ...] = ()
    losing: tuple[Rule, ...] = ()


def history_of(account: Account) -> History:
    """Read an account's history: one query for its bookkeeping, one for its holds."""
    return histories([account])[account.pk]


def histories(accounts: Iterable[Any]) -> dict[int, History]:
    """Read the histories of many accounts (or bare rows) in as many queries as for one, by primary key.

    Accounts that differ in nothing that their schedules depend on share one: most of a night's accounts do.
    """
    by_id = {account.pk: account for account in accounts}
    records = record_ends(by_id)
    holds: dict[int, dict[Category, tuple[Stop, ...]]] = {}
    for hold in Hold.objects.active().filter(account__among=by_id).order_by("id"):
        held = holds.setdefault(hold.account_id, {})
        for name in hold.categories:
            held[Category(name)] = (*held.get(Category(name), ()), Stop(hold.name, Ground(hold.ground)))
    alike: dict[object, History] = {}
    found = {}
    for pk, account in by_id.items():
        history = History(
            state=State(account.state),
            dates=dates_of(account),
            records=tuple(sorted(records.get(pk, ()))),
            holds=holds.get(pk, {}),
            deferred=frozenset(map(Category, account.deferred)),
        )
        found[pk] = history if history.holds else alike.setdefault(history.shape, history)
    return found


def record_ends(account_ids: Iterable[int]) -> dict[int, set[date]]:
    """Per account the distinct days on which the duty to keep its bookkeeping records ends."""
    ends: dict[int, set[date]] = {}
    for entry in entries(Category.BOOKKEEPING):
        rows = entry.model._default_manager.filter(**{f"{entry.account}__among": account_ids})
        for pk, end in rows.values_list(entry.account, entry.until).distinct():
            ends.setdefault(pk, set()).add(end)
    return ends


def schedule(history: History) -> list[Fate]:
    """The fate of every category, in the order of the categories. Erased ones that left nothing behind are left out."""
    return list(history.fates)


def due(history: History, on: date) -> list[Fate]:
    """What falls due by ``on``, held or not. With the account go the records of it whose own years are over."""
    fates = [fate for fate in schedule(history) if fate.erase_on and fate.erase_on <= on]
    if history.state != State.ERASED:  # the years of the evidence begin with the erasure itself, however late that is
        fates = [fate for fate in fates if fate.category != Category.EVIDENCE]
    if fates and history.state != State.ERASED and any(end <= on for end in history.records):
        fates = [fate for fate in fates if fate.category != Category.BOOKKEEPING]
        bookkeeping = next(fate for fate in schedule(history) if fate.category == Category.BOOKKEEPING)
        fates.append(replace(bookkeeping, erase_on=on))
    return fates


def next_due(history: History, *, evidence_is_gone: bool = False) -> date | None:
    """The next day on which something goes that no hold keeps back; None when nothing will."""
    return min(
        (
            fate.erase_on
            for fate in schedule(history)
            if fate.erase_on and not fate.held_by and not (evidence_is_gone and fate.category == Category.EVIDENCE)
        ),
        default=None,
    )


def deciding_rule(history: History) -> Rule:
    """The rule that decides over what goes with a living account."""
    return rules.rule_for(history.state, history.dates)


@lru_cache(maxsize=64)
def _telling(state: State, among: tuple[Rule, ...]) -> tuple[str, ...]:
    """Names of the dates from which rules count in this state; and the one that tells how an account ended."""
    return tuple({rule.counted_from for rule in among if rule.state in (state, "")} | {"cancelled_on"})


def _of_the_living(history: History) -> list[Fate]:
    return [*_with_the_account(history), *_after_the_account(history, _ends_on(history))]


def _ends_on(history: History) -> date | None:
    return deciding_rule(history).window(history.dates).erase_on


def _with_the_account(history: History) -> tuple[Fate, ...]:
    rule = deciding_rule(history)
    state_rule = rules.rule_for(history.state, {})
    losing = (state_rule,) if state_rule is not rule else ()
    return _together(rule.window(history.dates), losing, rules.rule("issued document"))


@lru_cache(maxsize=1024)  # what falls due in one night falls due under few windows
def _together(window: Window, losing: tuple[Rule, ...], seven_years: Rule) -> tuple[Fate, ...]:
    # Seven years for an issued document bind the holder while the account lives; with the account they end.
    ending = (seven_years,) if window.erase_on else ()
    return tuple(
        Fate(
            category,
            window.rule,
            window.kept_until,
            window.erase_on,
            losing=losing + (ending if category == Category.DOCUMENTS else ()),
        )
        for category in WITH_THE_ACCOUNT
    )


def _after_the_account(history: History, ends_on: date | None) -> list[Fate]:
    fates = []
    if history.records:
        # Never while the account exists: records older than seven years wait for it, the others outlive it.
        last = max(history.records)
        fates.append(
            Fate(Category.BOOKKEEPING, rules.rule("bookkeeping"), last, max(last, ends_on) if ends_on else None)
        )
    evidence = rules.rule("evidence")
    if ends_on is None:
        return [*fates, Fate(Category.EVIDENCE, evidence, None, None)]
    window = evidence.window({"erased_on": ends_on})
    return [*fates, Fate(Category.EVIDENCE, evidence, window.kept_until, window.erase_on)]


def _of_tombstone(history: History) -> list[Fate]:
    erased_on = history.dates["erased_on"]
    assert erased_on is not None  # noqa: S101  the database has it so
    rule = rules.rule_for_tombstone(history.dates)
    fates = [Fate(c, rule, erased_on, erased_on) for c in WITH_THE_ACCOUNT if c in history.deferred]
    for end in history.records[:1]:  # each record goes when its own years are over: the first one is next
        fates.append(Fate(Category.BOOKKEEPING, rules.rule("bookkeeping"), history.records[-1], max(end, erased_on)))
    window = rules.rule("evidence").window(history.dates)
    return [*fates, Fate(Category.EVIDENCE, window.rule, window.kept_until, window.erase_on)]
