"""The one way to write into the journal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

#: The columns of an entry that is not yet written.
Line = dict[str, Any]
#: What an entry says, as PostgreSQL calls its types; the rest the database adds itself.
COLUMNS = {
    "event": "text",
    "account_reference": "uuid",
    "actor_reference": "uuid",
    "actor_kind": "text",
    "clause": "text",
    "facts": "jsonb",
}


class HasReference(Protocol):
    """An account or a user: something the journal may name by its random reference."""

    @property
    def reference(self) -> UUID | str:
        """A random reference."""


class Actor(HasReference, Protocol):
    @property
    def kind(self) -> str:
        """``holder`` or ``staff``."""


def record(
    event: str,
    *,
    account: HasReference | None = None,
    actor: Actor | None = None,
    clause: str = "",
    **facts: Any,
) -> None:
    """Write one entry in the transaction of the change it tells of.

    ``facts`` are references, counts, states, days and digests, never personal data; dates become ISO 8601.
    """
    # Nothing is asked back: most who write here may not read it.
    record_all([line(event, account=account, actor=actor, clause=clause, **facts)])


def record_all(lines: Iterable[Line]) -> None:
    """Write many entries (made by ``line``) in one statement."""
    rows = list(lines)
    names, typed = ", ".join(COLUMNS), ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO journal_entry ({names}) SELECT {names} FROM jsonb_to_recordset(%s) AS new({typed})",
            [json.dumps(rows, cls=DjangoJSONEncoder)],
        )


def record_from(event: str, query: str, params: Sequence[Any]) -> None:
    """Write an entry for every row of ``query``: the account's reference or nothing, the clause, and the facts."""
    with connection.cursor() as cursor:
        cursor.execute(insert_from(query, event), params)


def insert_from(query: str, event: str) -> str:
    """SQL of the same, also as a part of a larger statement."""
    return (
        "INSERT INTO journal_entry (event, actor_kind, account_reference, clause, facts)"
        f" SELECT '{event}', 'system', told.* FROM ({query}) AS told"
    )


def line(
    event: str,
    *,
    account: HasReference | None = None,
    actor: Actor | None = None,
    clause: str = "",
    **facts: Any,
) -> Line:
    """An entry that is not yet written, for ``record_all``; the database says at what moment it was."""
    return {
        "event": event,
        "account_reference": account.reference if account else None,
        "actor_reference": actor.reference if actor else None,
        "actor_kind": actor.kind if actor else "system",
        "clause": clause,
        "facts": {name: _plain(value) for name, value in facts.items()},
    }


def _plain(value: Any) -> Any:
    if type(value) in (str, int, bool, type(None)):  # nearly all of them
        return value
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return value
