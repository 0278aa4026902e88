"""Which accounts a breach touches: looked for, looked at, and frozen as a list that only ever grows (§13).

All of it is computed by the database in one statement, for a handful of accounts as for a hundred thousand, with the
rights of jobs for as long as that takes: no member of staff may read the rows by which accounts are found, and none
may write the list but through here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Account, User
from accounts.states import State
from breaches import planning
from breaches.criteria import Criteria
from breaches.models import Breach, Selection
from breaches.registering import check_keeps_register, locked
from cannonworks import isolation
from cannonworks.deadlines import compute, kind_named
from cannonworks.errors import Refused
from journal import services as journal

#: So many references are shown before a list is frozen.
SHOWN = 20
ON_THE_LIST = (
    "EXISTS (SELECT FROM breaches_affected AS listed WHERE listed.breach_id = %s AND listed.account_id = chosen.id)"
)
#: Of the references in their own order, which is the same for everybody who computes it again.
DIGEST = (
    "'sha256:' || encode(sha256(convert_to(coalesce(string_agg(reference::text, E'\\n' ORDER BY reference), ''),"
    " 'UTF8')), 'hex')"
)
PREVIEW = f"""
WITH chosen AS MATERIALIZED ({{chosen}}),
     fresh AS MATERIALIZED (SELECT * FROM chosen WHERE NOT {ON_THE_LIST})
SELECT (SELECT count(*) FROM chosen), (SELECT count(*) FROM fresh), (SELECT {DIGEST} FROM fresh),
       (SELECT coalesce(jsonb_object_agg(state, number), jsonb_build_object())
        FROM (SELECT state, count(*) AS number FROM fresh GROUP BY state) AS counted),
       ARRAY(SELECT reference::text FROM fresh ORDER BY reference LIMIT {SHOWN})
"""
#: The rows of the accounts stay locked against being claimed for erasure; who was claimed meanwhile is left out.
FREEZE = f"""
WITH chosen AS MATERIALIZED ({{chosen}} FOR KEY SHARE OF accounts_account),
     fresh AS MATERIALIZED (SELECT * FROM chosen WHERE NOT {ON_THE_LIST}),
     selection AS (
         INSERT INTO breaches_selection
             (breach_id, criteria, reason, noticed_at, found, added, digest, frozen_by, frozen_at)
         SELECT %s, %s::jsonb, %s, %s, (SELECT count(*) FROM chosen) + %s, count(*), {DIGEST}, %s, %s FROM fresh
         RETURNING id),
     listed AS (
         INSERT INTO breaches_affected (account_id, breach_id, selection_id, noticed_at, due_at)
         SELECT fresh.id, %s, selection.id, %s, %s FROM fresh CROSS JOIN selection)
SELECT id FROM selection
"""


@dataclass(frozen=True)
class Preview:
    """What freezing would do: accounts found (those on the list, those added, those gone), and which states they have.

    ``gone`` were there in those days and are erased, or being erased: nobody can be told any more, and whether they had
    data of the categories is not known. ``first``: references of some that would be added; ``unknown``: references
    that are of no account; ``digest``: of all that would be added.
    """

    found: int
    known: int
    new: int
    gone: int
    states: Mapping[str, int]
    first: tuple[str, ...]
    unknown: tuple[str, ...]
    digest: str

    @property
    def by_state(self) -> list[tuple[str, int]]:
        """Words of the states and how many of those that would be added have each."""
        return [(str(state.label), self.states[state]) for state in State if state in self.states]


class Different(Refused):
    """The accounts that are found are not those that were looked at; nothing was put on the list."""

    def __init__(self) -> None:
        message = _(
            "The accounts changed since you looked: nobody was put on the list. Look at who would be on it now, and"
            " press the button again."
        )
        super().__init__("selection_changed", message, clause="13")


@transaction.atomic
def preview(criteria: Criteria, breach: Breach, *, actor: User) -> Preview:
    """What freezing these would do now; writes nothing. Refused without the role, or when nothing is looked for."""
    check_keeps_register(actor, "change_breach")
    criteria.check()
    with isolation.acting_as(isolation.JOBS):
        return _preview(criteria, breach)


@transaction.atomic
def freeze(
    breach: Breach,
    criteria: Criteria,
    *,
    actor: User,
    at: datetime,
    reason: str,
    noticed_at: datetime | None = None,
    seen: str | None = None,
) -> Selection:
    """Put the accounts found, and not there yet, on the list of a breach, each with 48 hours of its own (§13).

    These run from when the breach was noticed; for accounts added to an earlier list ``noticed_at`` may be a later
    moment, with a ``reason``: when it was noticed that these are affected too. ``seen``: the digest of the preview;
    Different when that is not what is found any more. Refused for a closed breach and when nobody is added. Locks the
    breach, so of two at once the second sees what the first put there; what is sent already goes to the new ones too.
    """
    breach = locked(breach, actor)
    criteria.check()
    noticed_at = _noticed_at(breach, noticed_at, reason=reason, at=at)
    if breach.closed_at is not None:
        raise Refused("closed", _("This breach is closed. Record a phase first: that opens it again."), clause="13")
    with isolation.acting_as(isolation.JOBS):
        selection = _frozen(breach, criteria, actor=actor, at=at, noticed_at=noticed_at, reason=reason.strip())
    if seen is not None and selection.digest != seen:
        raise Different
    if not selection.added:
        raise Refused("nobody_new", _("Nobody is found who is not on the list already."), clause="13")
    journal.record(
        "breach.accounts_chosen", actor=actor, clause="13", breach=breach.reference, added=selection.added,
        found=selection.found, digest=selection.digest, noticed_at=noticed_at,
    )  # fmt: skip
    planning.plan_soon(breach)
    return selection


def _preview(criteria: Criteria, breach: Breach) -> Preview:
    chosen, params = _sql(criteria.accounts())
    with connection.cursor() as cursor:
        cursor.execute(PREVIEW.format(chosen=chosen), [*params, breach.pk])
        alive, new, digest, states, first = cursor.fetchone()
    gone = _gone(criteria, breach)
    return Preview(
        found=alive + gone, known=alive - new, new=new, gone=gone, states=json.loads(states), first=tuple(first),
        unknown=tuple(map(str, criteria.unknown())), digest=digest,
    )  # fmt: skip


def _frozen(
    breach: Breach, criteria: Criteria, *, actor: User, at: datetime, noticed_at: datetime, reason: str
) -> Selection:
    """Write the selection and its accounts in one statement; of the selection, as it then is."""
    if len(reason) > (most := Selection._meta.get_field("reason").max_length or 0):
        raise Refused("too_long", _("The reason has at most %(most)s characters.") % {"most": most}, clause="13")
    chosen, params = _sql(criteria.accounts())
    due_at = compute(kind_named("breach_notice"), noticed_at).due_at
    with connection.cursor() as cursor:
        cursor.execute(
            FREEZE.format(chosen=chosen),
            [
                *(*params, breach.pk),
                *(breach.pk, json.dumps(criteria.as_json()), reason, noticed_at, _gone(criteria, breach)),
                *(actor.reference, at, breach.pk, noticed_at, due_at),
            ],
        )
        return Selection.objects.get(pk=cursor.fetchone()[0])


def _sql(accounts: QuerySet[Account]) -> tuple[str, tuple[Any, ...]]:
    return accounts.order_by().values("id", "reference", "state").query.sql_with_params()


def _gone(criteria: Criteria, breach: Breach) -> int:
    return criteria.gone().exclude(affected_by__breach=breach).count()


def _noticed_at(breach: Breach, noticed_at: datetime | None, *, reason: str, at: datetime) -> datetime:
    """From when the 48 hours of the added run; a later start than the breach's own is for an extension, explained."""
    if noticed_at is None or noticed_at == breach.noticed_at:
        return breach.noticed_at
    if noticed_at < breach.noticed_at:
        raise Refused("too_early", _("The breach itself was noticed later than that."), clause="13")
    if noticed_at > at:
        raise Refused("too_late", _("This moment has yet to come. Enter when it was noticed."), clause="13")
    if not breach.selections.exists():
        message = _("The first accounts of a breach have the clock of the breach itself.")
        raise Refused("first_list", message, clause="13")
    if not reason.strip():
        message = _("Say how it was noticed later that these are affected: their 48 hours then start later.")
        raise Refused("no_reason", message, clause="13")
    return noticed_at
