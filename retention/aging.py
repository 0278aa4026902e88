"""Rows that go by themselves while the account lives, once their own term is over (``rules.AGES``).

The other way out beside the erasure of an account, under the same safety: the kill switch and rules that wait for
approval stop it, and a hold on the category keeps what it keeps. So does a test by the account holder (§12) whose logs
are not preserved up to last night. Rows of accounts that are being erased go there.
"""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import InterfaceError, OperationalError, models, transaction
from django.db.models import QuerySet

from accounts.models import Account
from audits.preserving import accounts_to_spare
from cannonworks import datamap, rules, storage
from cannonworks.datamap import Entry
from cannonworks.deadlines import start_of_day
from cannonworks.rules import Age
from retention import sweep
from retention.models import Hold

log = logging.getLogger(__name__)

#: Rows that one transaction deletes.
PORTION = 10_000


def let_age(*, on: date, at: datetime) -> int:
    """Delete every row whose own term is over on ``on``, in portions; return how many. May run twice at once.

    What cannot be deleted does not keep the others; an alarm tells of it. Raises what is transient.
    """
    if sweep.why_stopped(at):
        return 0
    return sum(_delete_all(age, on) for age in rules.AGES if entry_of(age).leaves_by == "erasure")


def left_over(age: Age, on: date) -> bool:
    """Whether a row is there, and not held, that was over on ``on`` already."""
    return _over(age, on).exists()


def entry_of(age: Age) -> Entry:
    """The declaration of the model whose rows the rule is about."""
    return datamap.entry(apps.get_model(age.model))


def _delete_all(age: Age, on: date) -> int:
    total = 0
    try:
        while deleted := _delete(age, on):
            total += deleted
    except (OperationalError, InterfaceError, storage.FilesUnavailable):
        raise
    except Exception:
        log.exception("rows of %s did not go", age.model)
    return total


@transaction.atomic
def _delete(age: Age, on: date) -> int:
    """Delete a portion, the files first: a row without a file is found again, a file without a row is not."""
    entry = entry_of(age)
    rows = _over(age, on).select_for_update(skip_locked=True, of=("self",))
    keys = list(rows.values_list("pk", flat=True)[:PORTION])
    found = entry.model._base_manager.filter(pk__in=keys)
    for name in entry.files:
        for file in found.values_list(name, flat=True):
            storage.sealed.delete(file)
    return found.delete()[1].get(age.model, 0)  # what stayed would be found over and over


def _over(age: Age, on: date) -> QuerySet[Any]:
    entry, last = entry_of(age), age.keep.over_on(on)
    if isinstance(datamap.counted_from(age), models.DateTimeField):
        over: dict[str, Any] = {f"{age.counted_from}__lt": start_of_day(last + timedelta(days=1))}
    else:
        over = {f"{age.counted_from}__lte": last}
    held = Hold.objects.active().filter(categories__contains=[entry.category]).values_list("account", flat=True)
    going = Account.objects.filter(claimed_at__isnull=False).values_list("pk", flat=True)
    rows = entry.model._base_manager.filter(**over, **age.only).order_by()
    kept = {*held, *going, *accounts_to_spare(entry.model, on=on)} if entry.leaves_by == "erasure" else ()
    return rows.exclude(**{f"{entry.account}__in": kept}) if kept else rows
