"""Erasing again, after a restore, whatever the ledger says is gone: through the same door (§14).

What goes is what the ledger names, and not what today's rules or holds would say: it is gone already, and a backup does
not bring it back. A run keeps its reference, so that the statement of before stays the statement of it, and so that a
replay that broke off, or is done again, finds what it has done.

The ledger is read once, checked line by line, into a table of this connection alone (``loaded``); what follows are
statements over that, and batches in the order of the ledger, in bounded memory however long it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from accounts.models import Account
from accounts.services import apply_rules, dates_of, move
from accounts.states import State
from cannonworks import datamap, isolation, rules
from cannonworks.datamap import Category, Role
from cannonworks.lookups import array
from journal import services as journal
from relations import leaving
from relations.models import PEOPLE, Departure
from retention import erasure, ledger, people
from retention import runs as bulk
from retention.models import Erasure

TOLD = "ledger_told"
#: Runs that are begun in one transaction; people that are.
BATCH = erasure.BATCH

MAKE = f"""
CREATE TEMPORARY TABLE {TOLD} (
    number bigint PRIMARY KEY, kind text NOT NULL, account uuid, about uuid, categories text[], told_on date, line text
);
GRANT SELECT ON {TOLD} TO {isolation.database_role(Role.JOBS)}
"""
INDEXES = f"""
CREATE INDEX ON {TOLD} (account, number);
CREATE INDEX ON {TOLD} (about);
ANALYZE {TOLD}
"""


@contextmanager
def loaded() -> Iterator[int]:
    """The whole ledger in a table of this connection, while the block lasts; how many lines. Raises BrokenLedger.

    The connection is the owner's, or one that may make temporary tables.
    """
    with isolation.acting_as(isolation.NOBODY), connection.cursor() as cursor:
        cursor.execute(MAKE)
        lines = 0
        with cursor.copy(f"COPY {TOLD} FROM STDIN") as copy:
            for line in ledger.read():
                copy.write_row(_row(line))
                lines += 1
        cursor.execute(INDEXES)
    try:
        yield lines
    finally:
        with isolation.acting_as(isolation.NOBODY), connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {TOLD}")


def _row(line: Mapping[str, Any]) -> list[Any]:
    about = line.get("run") or line.get("person")
    categories = "{" + ",".join(map(str, line.get("categories", ()))) + "}"
    kept = None if line["kind"] in ("claimed", "erased") else json.dumps(line)
    return [line["number"], line["kind"], line.get("account"), about, categories, line.get("on"), kept]


# --- Accounts ------------------------------------------------------------------------------------------------


class Told(NamedTuple):
    """A run of the ledger that this database does not know, of an account that it has."""

    number: int
    account_id: int
    run: UUID
    categories: list[str]
    on: date


#: Of a tombstone only what it still has can go again; its books and its evidence are looked for each time.
UNKNOWN = f"""
SELECT told.number, account.id, told.about, told.categories, told.told_on
FROM {TOLD} AS told JOIN accounts_account AS account ON account.reference = told.account
WHERE told.kind IN ('claimed', 'erased') AND told.number > %s
  AND (account.state <> 'erased'
       OR told.categories && account.deferred::text[] OR told.categories && '{{bookkeeping,evidence}}')
  AND NOT EXISTS (SELECT FROM retention_erasure AS run WHERE run.reference = told.about)
ORDER BY told.number LIMIT %s
"""


def erase_accounts(*, at: datetime, progress: Callable[[int], None] = lambda finished: None) -> int:
    """Erase again the accounts, or categories of them, that the ledger names and this database has; return how many.

    First goes on what was under way when the backup was made, parked or not. Statements that were issued are not mailed
    a second time: the address that the backup brought back is forgotten once its run is done.
    """
    Erasure.objects.filter(done_at__isnull=True).update(parked_at=None, retry_at=None, attempts=0)
    finished = erasure.carry_out(at=at)
    behind = 0
    while batch := _next(behind):
        runs = _begin(batch, at)
        finished += erasure.carry_out(at=at, runs=runs)
        progress(finished)
        behind = batch[-1].number
    forget_addresses()
    return finished


def forget_addresses() -> int:
    """Forget where statements go that the ledger says were proven, and so were issued and mailed before; how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM retention_statementmail USING retention_erasure AS run"
            f" WHERE erasure_id = run.id AND run.reference IN (SELECT about FROM {TOLD} WHERE kind = 'erased')"
        )
        return int(cursor.rowcount)


def _next(behind: int) -> list[Told]:
    """The next of them, each account once, in the order of the ledger: its second run waits for its first."""
    with connection.cursor() as cursor:
        cursor.execute(UNKNOWN, [behind, BATCH])
        found = [Told(*row) for row in cursor.fetchall()]
    batch: list[Told] = []
    runs: dict[int, UUID] = {}
    for told in found:
        if runs.setdefault(told.account_id, told.run) != told.run:
            break
        batch.append(told)
    return batch


@transaction.atomic
def _begin(batch: Sequence[Told], at: datetime) -> list[int]:
    by_account = {told.account_id: told for told in reversed(batch)}  # the first line of each
    accounts = Account.objects.filter(pk__among=by_account).select_for_update().order_by("pk")
    rows = [_run(account, by_account[account.pk]) for account in accounts]
    Account.objects.filter(pk__among=by_account).update(claimed_at=at, warn_on=None, held_since=None)
    runs = bulk.begin_as_told(rows)
    bulk.journal_all("erasure.repeated", runs, "jsonb_build_object('categories', categories)")
    return runs


def _run(account: Account, told: Told) -> dict[str, Any]:
    """What is begun of an account, locked; one that was alive is brought to where it can go."""
    rule = _make_ready(account, told.on) if account.state != State.ERASED else _rule_of_tombstone(account, told)
    going = set(told.categories)
    there = set(rules.WITH_THE_ACCOUNT if account.state != State.ERASED else account.deferred)
    return {
        "reference": str(told.run), "account_id": account.pk, "rule": rule.name, "clause": rule.clause,
        "on_day": told.on.isoformat(), "categories": [name for name in Category.values if name in going],
        "held": [name for name in Category.values if name in there - going],
    }  # fmt: skip


def _make_ready(account: Account, on: date) -> rules.Rule:
    """Let a living account be due on ``on`` as it was: what its own rule does not give came by the holder's letter."""
    if account.state == State.ACTIVE:
        move(account, State.CANCELLED, cancelled_on=on)
    if account.erase_on is None or account.erase_on > on:
        account.ordered_on = on
        apply_rules(account)
        account.save(update_fields=["ordered_on", "keep_until", "erase_on", "warn_on"])
    return rules.rule_for(account.state, dates_of(account))


def _rule_of_tombstone(account: Account, told: Told) -> rules.Rule:
    own = [name for name in ("bookkeeping", "evidence") if name in told.categories]
    return rules.rule(own[0]) if own else rules.rule_for_tombstone(dates_of(account))


# --- People --------------------------------------------------------------------------------------------------

#: The row's key and when they went, of those who are gone by the ledger and stand in this database all the same.
BACK = f"""
SELECT person.id, told.about, person.account_id, max(told.line)
FROM {TOLD} AS told JOIN "{{table}}" AS person ON person.reference = told.about
WHERE told.kind = '{people.LINE}' GROUP BY person.id, told.about, person.account_id LIMIT %s
"""


def erase_people(*, at: datetime) -> int:
    """Erase again everybody who is gone by the ledger, and prove it anew; return how many were back."""
    total = 0
    for kind, model in PEOPLE.items():
        while back := _back(model._meta.db_table):
            _erase(kind, back)
            total += len(back)
    people.carry_out(at=at)
    return total


def _back(table: str) -> list[tuple[int, UUID, int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(BACK.format(table=table), [BATCH])
        return cursor.fetchall()


@transaction.atomic
def _erase(kind: str, back: Collection[tuple[int, UUID, int, str]]) -> None:
    # Whatever holds or restrictions stood or stand: they did not keep them then, and nothing is decided anew.
    lines = {pk: json.loads(line) for pk, _reference, _account, line in back}
    for person in PEOPLE[kind]._default_manager.select_for_update().filter(pk__in=lines).select_related("account"):
        gone = {"kind": kind, "key": person.pk, "removed_at": datetime.fromisoformat(lines[person.pk]["at"])}
        Departure.objects.update_or_create(
            account=person.account, person=person.reference, defaults={**gone, "proven_at": None}
        )
        leaving.erase(person)
        facts: dict[str, Any] = {kind: person.reference}
        journal.record("person.erased_again", account=person.account, clause="14", **facts)


# --- What is left --------------------------------------------------------------------------------------------


def left_over() -> dict[str, int]:
    """What the ledger says is gone and this database still has, by what it is; none of it is taken on trust."""
    tables = {kind: model._meta.db_table for kind, model in PEOPLE.items()}
    asked = {
        "accounts not erased": f"""
            SELECT count(DISTINCT account.id) FROM {TOLD} AS told JOIN accounts_account AS account
            ON account.reference = told.account
            WHERE told.kind IN ('claimed', 'erased') AND account.state <> 'erased'""",
        "categories not erased": f"""
            SELECT count(DISTINCT account.id) FROM {TOLD} AS told JOIN accounts_account AS account
            ON account.reference = told.account
            WHERE told.kind IN ('claimed', 'erased') AND told.categories && account.deferred::text[]""",
        "erasures not done": f"""
            SELECT count(*) FROM retention_erasure AS run
            WHERE done_at IS NULL AND reference IN (SELECT about FROM {TOLD} WHERE kind = 'claimed')""",
        "people not proven gone": f"""
            SELECT count(*) FROM relations_departure
            WHERE proven_at IS NULL AND person IN (SELECT about FROM {TOLD} WHERE kind = '{people.LINE}')""",
        **{
            f"{kind} still there": f'SELECT count(*) FROM {TOLD} AS told JOIN "{table}" AS person'
            f" ON person.reference = told.about WHERE told.kind = '{people.LINE}'"
            for kind, table in tables.items()
        },
        "keys of erased accounts": """
            SELECT count(*) FROM accounts_datakey AS key JOIN accounts_account AS account ON account.id = key.account_id
            WHERE account.state = 'erased' AND NOT account.deferred && %s::varchar[]""",
    }
    found = {}
    with connection.cursor() as cursor:
        for what, query in asked.items():
            cursor.execute(query, [array(datamap.encrypted())] if "%s" in query else None)
            if count := cursor.fetchone()[0]:
                found[what] = int(count)
    return found
