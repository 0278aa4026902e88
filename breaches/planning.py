"""Planning notices: one for every affected account and released phase, in a single statement, however often (§13)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from breaches.models import Affected, Breach, Phase
from cannonworks import turns
from journal import services as journal

#: So many notices are one worker's work; it holds a connection to the mail server for as long.
BATCH = 1_000

#: Accounts on the list whose main user can be told: all but those that are gone.
TELLABLE = """
    FROM breaches_affected AS affected
    JOIN accounts_account AS account ON account.id = affected.account_id AND account.state <> 'erased'
    JOIN accounts_user AS reader ON reader.account_id = affected.account_id AND reader.is_main
    WHERE affected.breach_id = %(breach)s AND affected.excused_at IS NULL AND NOT EXISTS (
        SELECT FROM breaches_notice AS planned
        WHERE planned.phase_id = %(phase)s AND planned.account_id = affected.account_id)
"""
PLAN = f"""
WITH made AS (
    INSERT INTO breaches_notice (reference, account_id, phase_id, language, batch, planned_at, repeats, attempts,
                                 failure)
    SELECT gen_random_uuid(), affected.account_id, %(phase)s, reader.language,
           (%(there)s + row_number() OVER (ORDER BY affected.id) - 1) / %(batch)s, %(at)s, 0, 0, ''
    {TELLABLE} ORDER BY affected.id
    RETURNING batch
) SELECT batch, count(*) FROM made GROUP BY batch ORDER BY batch
"""
#: Who was told of an earlier phase is not excused: that one did reach them.
EXCUSE = """
UPDATE breaches_affected AS affected SET excused_at = %(at)s
FROM accounts_account AS account
WHERE affected.breach_id = %(breach)s AND affected.told_at IS NULL AND affected.excused_at IS NULL
  AND account.id = affected.account_id AND (account.state = 'erased' OR NOT EXISTS (
      SELECT FROM accounts_user AS reader WHERE reader.account_id = affected.account_id AND reader.is_main))
"""


def plan_soon(breach: Breach) -> None:
    """Have notices planned for whoever has none yet, once this is committed; a lost message costs minutes."""
    transaction.on_commit(lambda: _queue_plan(breach.pk), robust=True)


@transaction.atomic
def plan(breach_pk: int, *, at: datetime) -> int:
    """Plan the notice of the latest released phase for every affected account without one; return how many.

    Sending them begins once this is committed. Idempotent, and safe with several at once. Accounts that are gone
    before anybody could be told are excused: noted, counted and journalled.
    """
    turns.wait_for(f"breach plan {breach_pk}")  # two at once would give the same numbers to different batches
    phase = Phase.objects.filter(breach=breach_pk).released().select_related("breach").last()
    if phase is None:
        return 0
    _excuse(phase.breach, at=at)
    batches = _plan(phase, at=at)
    if batches:
        journal.record(
            "breach.planned", clause="13", breach=phase.breach.reference, phase=phase.number,
            notices=sum(batches.values()), batches=len(batches),
        )  # fmt: skip
    transaction.on_commit(lambda: queue_batches((phase.pk, batch) for batch in batches), robust=True)
    return sum(batches.values())


def is_waiting(breach: Breach) -> bool:
    """Whether somebody on the list has no notice of the latest released phase, and can be told."""
    phase = breach.phases.released().last()
    if phase is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT 1 {TELLABLE})", {"breach": breach.pk, "phase": phase.pk})
        return bool(cursor.fetchone()[0])


def queue_batches(batches: Any) -> None:
    """Queue pairs of the key of a phase and the number of a batch of its notices."""
    from breaches import tasks  # which sends by what is here

    for phase_pk, batch in batches:
        tasks.send_batch.delay(phase_pk, batch)


def _plan(phase: Phase, *, at: datetime) -> dict[int, int]:
    """Batch → how many notices it got."""
    values: dict[str, Any] = {
        "breach": phase.breach_id, "phase": phase.pk, "there": phase.notices.count(), "batch": BATCH, "at": at
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(PLAN, values)
        return dict(cursor.fetchall())


def _excuse(breach: Breach, *, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(EXCUSE, {"breach": breach.pk, "at": at})
        count = cursor.rowcount
    if count:
        left = Affected.objects.untold().filter(breach=breach).count()
        journal.record("breach.excused", clause="13", breach=breach.reference, accounts=count, still_to_tell=left)


def _queue_plan(breach_pk: int) -> None:
    from breaches import tasks

    tasks.plan_notices.delay(breach_pk)
