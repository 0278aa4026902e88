"""What data subjects have asked an account to do about somebody in it, and has not been done yet (§15).

Relations know nothing of requests: whoever keeps these says what there is, once it is started.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from accounts.models import Account
from accounts.services import check_not_going, check_writable
from relations.models import Person


@dataclass(frozen=True)
class Asked:
    """One request about somebody: its ``wish`` (``change``, ``restrict``, ``lift``, ``erase``), title, page and end."""

    wish: str
    title: str
    address: str
    by: date | None = None


Source = Callable[[Person], Iterable[Asked]]
_sources: list[Source] = []


def asked_source(source: Source) -> Source:
    """Register a function that says what is asked about somebody; it may ask the database once."""
    if source not in _sources:
        _sources.append(source)
    return source


def asked_of(person: Person) -> list[Asked]:
    """What is asked about somebody and waits, what ends first at the top."""
    return [asked for source in _sources for asked in source(person)]


def check_open(account: Account, person: Person, wish: str) -> None:
    """Refuse to change or erase somebody in an account that does not run, but for who asked for it themselves (§15)."""
    check_not_going(account)
    if not (account.is_writable or any(asked.wish == wish for asked in asked_of(person))):
        check_writable(account)
