"""The part of our record of processing that is about one account, with what is really there (AVG art. 30(2))."""

from __future__ import annotations

from datetime import date

from accounts.models import Account
from processors.publishing import of_account
from processors.publishing.processing import Record
from retention.my_data import holdings


def record_of(account: Account, *, on: date) -> Record:
    """For its own users: with the rows of each category, counted as on the page of their data."""
    counted = {
        holding.category: (holding.number, any(kept.is_more for kept in holding.kept))
        for holding in holdings(account, ())
    }
    return of_account(account, on=on, counts=counted)


def record_for_staff(account: Account, *, on: date) -> Record:
    """For our staff, who may not read most of it, and so not count it either."""
    return of_account(account, on=on, counts=None)
