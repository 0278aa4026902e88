"""What is due from whoever is signed in: each app says its own, and the overview shows all of it.

An app registers a source where it is started (``AppConfig.ready``); the page is never edited for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache

from django.db.models import Exists, QuerySet

from accounts.models import Account, User
from cannonworks.readymade import Readymade


@dataclass(frozen=True)
class Due:
    """Something to do: what, where, why or what happens without it, and by when if it has an end."""

    title: str
    address: str
    why: str = ""
    by: date | None = None


Source = Callable[[User, date], Iterable[Due]]
Probe = Callable[[], QuerySet]
_sources: dict[Source, Probe | None] = {}


def due_source(source: Source) -> Source:
    """Register a function that says what is due from a user on a day; it may ask the database at most once."""
    _sources.setdefault(source, None)
    return source


def due_source_where(probe: Probe) -> Callable[[Source], Source]:
    """The same, asked only when ``probe`` finds a row: it makes a queryset over rows of accounts (``OuterRef("pk")``).

    It may find what is not due, never miss what is. All probes are one statement: for most there is nothing to ask on.
    """

    def registered(source: Source) -> Source:
        _sources.setdefault(source, probe)
        return source

    return registered


def due_from(user: User, *, on: date) -> list[Due]:
    """Everything that is due from the user, what ends first at the top."""
    found = [due for source in _promising(user) for due in source(user, on)]
    return sorted(found, key=lambda due: (due.by is None, due.by or on))


def _promising(user: User) -> list[Source]:
    probes = tuple(probe for probe in _sources.values() if probe)
    account = _asked(probes).row(user.account_id) if probes else None
    told = {probe: getattr(account, f"due_{n}", False) for n, probe in enumerate(probes)}
    return [source for source, probe in _sources.items() if probe is None or told[probe]]


@cache
def _asked(probes: tuple[Probe, ...]) -> Readymade:
    found = {f"due_{n}": Exists(probe()) for n, probe in enumerate(probes)}
    return Readymade(lambda account: Account.objects.filter(pk=account).only("pk").annotate(**found))
