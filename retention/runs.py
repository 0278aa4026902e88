"""Runs of erasure by the hundred: begun, taken and noted in one statement each.

What five hundred rows cost here is what decides how many rows of accounts go in a second; an object of the ORM for each
of them, at each of the steps, takes longer than the erasure itself.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from cannonworks import rules
from cannonworks.lookups import array
from journal import services as journal
from retention.models import Step
from retention.schedule import Fate


class Owner(NamedTuple):
    """The account of a run: by its key, and by the only name that it has outside its own rows."""

    pk: int
    reference: str


@dataclass(slots=True)
class Run:
    """What the steps need of an ``Erasure``, under the same names."""

    account: Owner
    rule: str
    clause: str
    rules_digest: str
    due_on: date
    claimed_on: date
    categories: list[str]
    held: list[str]
    reference: str
    rows: dict[str, int] = field(default_factory=dict)  # by table
    files: dict[str, int] = field(default_factory=dict)  # by category
    rescan: dict[str, Any] | None = None
    statement: str | None = None  # as JSON text, for it is long and was written once already, to be signed
    done_at: datetime | None = None
    pk: int = 0

    @property
    def account_id(self) -> int:
        return self.account.pk


#: What steps write, as PostgreSQL calls its types.
TYPES = {
    "id": "bigint", "rows": "jsonb", "files": "jsonb", "rescan": "jsonb", "statement": "jsonb",
    "done_at": "timestamptz",
}  # fmt: skip
#: Steps that go on from what others have written: rows are counted on, and the statement tells of all of it.
GOING_ON = frozenset({Step.KEY_DESTROYED, Step.IN_LEDGER})
_encode = DjangoJSONEncoder().encode


def begin(account_ids: Collection[int], *, go: Sequence[Fate], kept: Sequence[Fate], on: date) -> list[int]:
    """Write a run, at its first step, for each of these accounts of which the same falls due; return their keys."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO retention_erasure (reference, account_id, rule, clause, rules_digest, due_on, claimed_on,"
            " categories, held, rows, step, attempts, failure)"
            " SELECT gen_random_uuid(), id, %s, %s, %s, erase_on, %s, %s::varchar[], %s::varchar[], '{}', %s, 0, ''"
            " FROM accounts_account WHERE id = ANY(%s::bigint[]) RETURNING id",
            [
                *(go[0].rule.name, go[0].rule.clause, rules.digest(), on),
                *([fate.category.value for fate in fates] for fates in (go, kept)),
                *(Step.CLAIMED, array(account_ids)),
            ],
        )
        return [pk for (pk,) in cursor.fetchall()]


def begin_as_told(rows: Sequence[dict[str, Any]]) -> list[int]:
    """Write runs under the references that they have in the ledger, at their first step; return their keys."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO retention_erasure (reference, account_id, rule, clause, rules_digest, due_on, claimed_on,"
            " categories, held, rows, step, attempts, failure)"
            " SELECT reference, account_id, rule, clause, %s, on_day, on_day, categories, held, '{}', %s, 0, ''"
            " FROM jsonb_to_recordset(%s) AS new(reference uuid, account_id bigint, rule text, clause text,"
            " on_day date, categories varchar[], held varchar[]) RETURNING id",
            [rules.digest(), Step.CLAIMED, _encode(rows)],
        )
        return [pk for (pk,) in cursor.fetchall()]


def journal_all(event: str, keys: Collection[int], facts: str) -> None:
    """Journal an event of each run, with ``facts`` as SQL of a JSON object beside its reference and its rule."""
    journal.record_from(
        event,
        # What is written while the evidence goes must not itself be evidence of the account.
        f"SELECT CASE WHEN 'evidence' <> ALL(categories) THEN account.reference END, clause,"
        f" jsonb_build_object('run', run.reference, 'rule', rule) || {facts}"
        " FROM retention_erasure AS run JOIN accounts_account AS account ON account.id = run.account_id"
        " WHERE run.id = ANY(%s::bigint[]) ORDER BY run.id",
        [array(keys)],
    )


def take(step: Step, keys: Collection[int], at: datetime, known: dict[int, Run]) -> list[Run]:
    """Lock and read those of the runs that stand at ``step``, passing by what another worker has locked.

    Parked runs, and those that wait for a later attempt than ``at``, do not stand anywhere. What never changes of a run
    is read once and kept in ``known``; what its steps write is read anew behind the lock, by those that go on from it.
    """
    written = "rows, files, rescan" if step in GOING_ON else "NULL, NULL, NULL"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, {written} FROM retention_erasure WHERE id = ANY(%s::bigint[]) AND step = %s"
            " AND parked_at IS NULL AND (retry_at IS NULL OR retry_at <= %s) ORDER BY id FOR UPDATE SKIP LOCKED",
            [array(keys), step, at],
        )
        locked = cursor.fetchall()
    known.update(_read([pk for pk, *_written in locked if pk not in known]))
    if step in GOING_ON:
        for pk, rows, files, rescan in locked:
            run = known[pk]
            run.rows, run.files, run.rescan = json.loads(rows), json.loads(files), rescan and json.loads(rescan)
    return [known[pk] for pk, *_written in locked]


def _read(keys: Collection[int]) -> dict[int, Run]:
    if not keys:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT run.id, account.id, account.reference::text, rule, clause, rules_digest, due_on, claimed_on,"
            " categories, held, run.reference::text"
            " FROM retention_erasure AS run JOIN accounts_account AS account ON account.id = run.account_id"
            " WHERE run.id = ANY(%s::bigint[])",
            [array(keys)],
        )
        return {
            run_pk: Run(Owner(pk, reference), *fixed, pk=run_pk)  # type: ignore[misc]
            for run_pk, pk, reference, *fixed in cursor.fetchall()
        }


def note(runs: Sequence[Run], *fields: str, step: Step) -> None:
    """Write the step that the runs have reached, and the fields that it changed."""
    assigned = "".join(f", {name} = new.{name}" for name in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE retention_erasure AS run SET step = %s{assigned}"
            f" FROM {_records('id', *fields)} WHERE run.id = new.id"
            if fields
            else "UPDATE retention_erasure SET step = %s WHERE id = ANY(%s::bigint[])",
            [step, _json(runs, *fields) if fields else array(run.pk for run in runs)],
        )


def _records(*names: str) -> str:
    return f"jsonb_to_recordset(%s) AS new({', '.join(f'{name} {TYPES[name]}' for name in names)})"


def _json(runs: Sequence[Run], *names: str) -> str:
    """The runs as one parameter: an array of arrays would be quoted value by value."""
    plain = [name for name in names if name != "statement"]
    rows = [{"id": run.pk, **{name: getattr(run, name) for name in plain}} for run in runs]
    if len(plain) == len(names):
        return _encode(rows)
    texts = (
        f'{_encode(row)[:-1]},"statement":{run.statement or "null"}}}' for row, run in zip(rows, runs, strict=True)
    )
    return f"[{','.join(texts)}]"
