"""Daily counts of usage (§17): of each account, kept with it; and of all together, for staff, without small groups.

A day is one of Amsterdam, of 23, 24 or 25 hours. Counting a day again gives the same; days that were missed are caught
up with, and the last ones counted anew, for what was written late or whose account was locked just then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection, transaction

from accounts.models import Account, UsageEvent, UsageTotal
from accounts.models.usage import Kind
from cannonworks import turns
from cannonworks.deadlines import local_date, start_of_day

#: A total in which fewer accounts had a part is not kept: it would be nearly one's own.
FEWEST = 5
#: Days before today that are always counted anew.
ANEW = 2


@dataclass(frozen=True)
class Measure:
    """Something that is counted by day from rows that are there anyway, whoever refused statistics.

    ``of_account`` gives day → number from a day through another; ``of_all`` number of rows and of accounts on one day.
    """

    kind: Kind
    of_account: Callable[[Account, date, date], Mapping[date, int]]
    of_all: Callable[[date], tuple[int, int]]


_measures: dict[Kind, Measure] = {}


def measure(measured: Measure) -> None:
    """Register a measure; an app does so where it is started (``AppConfig.ready``)."""
    _measures[measured.kind] = measured


def measures() -> list[Measure]:
    """All that are registered."""
    return list(_measures.values())


def count_days(*, on: date) -> int:
    """Count every day before ``on`` that was not counted yet, and the last ones anew; return how many days."""
    last = UsageTotal.objects.filter(kind=Kind.ACCOUNT).order_by("-on").values_list("on", flat=True).first()
    if last is None:
        first = UsageEvent.objects.order_by("at").values_list("at", flat=True).first()
        last = min(on, local_date(first) if first else on) - timedelta(days=1)
    day = min(last + timedelta(days=1), on - timedelta(days=ANEW))
    counted = 0
    while day < on:
        count_day(day)
        day, counted = day + timedelta(days=1), counted + 1
    return counted


#: Counts of a day by account. An account that is being erased, or locked by somebody, is passed by: the fence would
#: refuse the whole statement; it is counted the next time.
BY_ACCOUNT = """
WITH found AS MATERIALIZED (
    SELECT account_id, module, kind, count(*) AS number FROM accounts_usageevent WHERE at >= %s AND at < %s
    GROUP BY account_id, module, kind
), there AS MATERIALIZED (
    SELECT id FROM accounts_account WHERE id IN (SELECT account_id FROM found) AND claimed_at IS NULL
    AND state <> 'erased' FOR KEY SHARE SKIP LOCKED
)
INSERT INTO accounts_usageday (account_id, "on", module, kind, count)
SELECT account_id, %s, module, kind, number FROM found JOIN there ON there.id = account_id
ON CONFLICT (account_id, "on", module, kind) DO UPDATE SET count = excluded.count
WHERE accounts_usageday.count <> excluded.count
"""
TOGETHER = """
INSERT INTO accounts_usagetotal ("on", module, kind, count)
SELECT %s, module, kind, count(*) FROM accounts_usageevent WHERE at >= %s AND at < %s
GROUP BY module, kind HAVING count(DISTINCT account_id) >= %s
"""


@transaction.atomic
def count_day(day: date) -> None:
    """Count one Amsterdam day: of each account, and of all together. Idempotent; two at once wait for each other."""
    begins, ends = start_of_day(day), start_of_day(day + timedelta(days=1))
    turns.wait_for("usage totals")
    with connection.cursor() as cursor:
        cursor.execute(BY_ACCOUNT, [begins, ends, day])
        UsageTotal.objects.filter(on=day).delete()
        cursor.execute(TOGETHER, [day, begins, ends, FEWEST])
        cursor.execute(
            "SELECT count(DISTINCT account_id) FROM accounts_usageevent WHERE at >= %s AND at < %s", [begins, ends]
        )
        (accounts,) = cursor.fetchone()
    totals = [UsageTotal(on=day, kind=Kind.ACCOUNT, count=accounts if accounts >= FEWEST else 0)]
    for each in measures():
        number, accounts = each.of_all(day)
        if accounts >= FEWEST:
            totals.append(UsageTotal(on=day, kind=each.kind, count=number))
    UsageTotal.objects.bulk_create(totals)
