"""What is due from whoever is signed in: each app says its own, and the overview shows all of it.

An app registers a source where it is started (``AppConfig.ready``); the page is never edited for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from accounts.models import User


@dataclass(frozen=True)
class Due:
    """Something to do: what, where, why or what happens without it, and by when if it has an end."""

    title: str
    address: str
    why: str = ""
    by: date | None = None


Source = Callable[[User, date], Iterable[Due]]
_sources: list[Source] = []


def due_source(source: Source) -> Source:
    """Register a function that says what is due from a user on a day; it may ask the database at most once."""
    if source not in _sources:
        _sources.append(source)
    return source


def due_from(user: User, *, on: date) -> list[Due]:
    """Everything that is due from the user, what ends first at the top."""
    found = [due for source in _sources for due in source(user, on)]
    return sorted(found, key=lambda due: (due.by is None, due.by or on))
