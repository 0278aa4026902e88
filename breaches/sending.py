"""Sending notices (§13): each account gets its notice of each phase; killed workers cost nothing but time.

A worker has a batch to itself by an advisory lock of the database, which ends with its connection: the batch of a
killed worker is free at once. Between two mails it speaks to the database once, in one statement: that noted, the mail
server has the one, and the next is begun. So whenever a worker stops, of all its mails one at most was begun and not
noted. Nobody can know whether the server has that one; it goes again, the same to the last byte under the same
Message-ID, and is counted as a repeat. None of the others goes twice, and none is left out.
See docs/decisions/0035-notices-go-once.md.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from breaches.handing import Bounced, MailServer, NotHanded, OutOfReach, Unknown
from breaches.mailing import message, writer_of
from breaches.models import Breach, Notice, Phase
from breaches.planning import is_waiting, plan_soon, queue_batches
from cannonworks import mails, turns
from cannonworks.deadlines import compute, kind_named
from cannonworks.errors import Refused, is_fence
from journal import services as journal
from journal.services import Actor

log = logging.getLogger(__name__)
Clock = Callable[[], datetime]

#: Of 48 hours none may be slept away: later than this no notice is tried again.
LONGEST_PAUSE = timedelta(minutes=30)
#: After so many failures one after the other, the rest of a batch waits too.
MANY_FAILURES = 5

TOLD = journal.insert_from(
    "SELECT account.reference, '13', jsonb_build_object('breach', %(breach_reference)s::text, 'phase', %(number)s::int,"
    " 'notice', handed.reference, 'repeats', handed.repeats)"
    " FROM handed JOIN accounts_account AS account ON account.id = handed.account_id",
    event="breach.told",
)
#: Note what was handed over, and begin the next; the account of a consultation must not be on its way out.
STEP = f"""
WITH handed AS (
    UPDATE breaches_notice SET handed_at = %(at)s, failure = '', retry_at = NULL
    WHERE id = %(done)s AND handed_at IS NULL
    RETURNING account_id, reference, repeats, failed_at
), told AS (
    UPDATE breaches_affected AS affected SET told_at = %(at)s FROM handed
    WHERE affected.breach_id = %(breach)s AND affected.account_id = handed.account_id
      AND affected.told_at IS NULL AND handed.failed_at IS NULL
), conferring AS (
    INSERT INTO breaches_consultation (reference, account_id, breach_id, opened_at, due_at)
    SELECT gen_random_uuid(), account.id, %(breach)s, %(at)s, %(due)s
    FROM handed JOIN accounts_account AS account ON account.id = handed.account_id
    WHERE account.claimed_at IS NULL AND account.state <> 'erased'
    ON CONFLICT (account_id, breach_id) WHERE breach_id IS NOT NULL DO NOTHING
), noted AS (
    {TOLD}
)
UPDATE breaches_notice AS next SET repeats = next.repeats + (next.begun_at IS NOT NULL)::int, begun_at = %(at)s
FROM (
    SELECT id FROM breaches_notice
    WHERE phase_id = %(phase)s AND batch = %(batch)s AND handed_at IS NULL AND failed_at IS NULL AND id > %(after)s
      AND (retry_at IS NULL OR retry_at <= %(at)s)
    ORDER BY id LIMIT 1
) AS first
WHERE next.id = first.id
RETURNING next.id, next.reference, next.account_id, next.language, next.planned_at, next.attempts,
    (SELECT email FROM accounts_user WHERE account_id = next.account_id AND is_main)
"""


class Begun(NamedTuple):
    """A notice that is on its way now, and to whom; "" when nobody is there any more."""

    pk: int
    reference: UUID
    account_id: int
    language: str
    planned_at: datetime
    attempts: int
    to: str | None


def send_batch(phase_pk: int, batch: int, *, clock: Clock) -> int:
    """Send what is ready of a batch of notices; return how many the mail server took. ``clock`` tells the time.

    May run at any time, in any number: one of them works, the others go at once. Raises what ends the connection to
    the database; whoever comes next goes on.
    """
    with turns.alone(f"breach batch {phase_pk} {batch}") as alone:
        if not alone:
            return 0
        phase = Phase.objects.select_related("breach").get(pk=phase_pk)
        with MailServer() as server:
            return _Run(phase, batch, server, clock).send()


class _Run:
    """One worker with one batch."""

    def __init__(self, phase: Phase, batch: int, server: MailServer, clock: Clock) -> None:
        self.phase, self.batch, self.server, self.clock = phase, batch, server, clock
        self.words = writer_of(phase)
        self.handed, self.failures = 0, 0

    def send(self) -> int:
        begun = self._step(done=None, after=0)
        while begun is not None:
            done = begun.pk if self._hand(begun) else None
            if self.failures >= MANY_FAILURES:
                self._put_off_rest(begun)
            begun = self._step(done=done, after=begun.pk)
        return self.handed

    def _hand(self, begun: Begun) -> bool:
        """Hand one over; whether the server has it. What is known of one that it has not is written down."""
        if begun.to is None:
            self._excuse(begun)
            return False
        words = self.words(begun.language, begun.planned_at)
        mail = message(words, to=begun.to, reference=begun.reference, planned_at=begun.planned_at)
        try:
            self.server.hand(mail, envelope=str(begun.reference))
        except NotHanded as failure:
            self._note(begun, failure)
            return False
        self.handed, self.failures = self.handed + 1, 0
        return True

    def _step(self, *, done: int | None, after: int) -> Begun | None:
        at = self.clock()
        values: dict[str, Any] = {
            "done": done, "after": after, "at": at, "phase": self.phase.pk, "batch": self.batch,
            "breach": self.phase.breach_id, "breach_reference": self.phase.breach.reference,
            "number": self.phase.number, "due": compute(kind_named("breach_consultation"), at).due_at,
        }  # fmt: skip
        try:
            return self._ask(values)
        except IntegrityError as error:
            if not is_fence(error):
                raise
            return self._ask(values)  # claimed for erasure in this very moment: now that is seen, and nothing is opened

    def _ask(self, values: dict[str, Any]) -> Begun | None:
        # Prepared once by the server: planning it costs more than doing it. Django's own cursors cannot ask for that.
        connection.ensure_connection()
        with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
            row = cursor.execute(STEP, values, prepare=True).fetchone()
        return Begun(*row) if row else None

    def _note(self, begun: Begun, failure: NotHanded) -> None:
        """Write down that the server has not taken a notice; where that is not known it stays begun."""
        at = self.clock()
        log.warning("notice %s was not handed over: %s %s", begun.reference, type(failure).__name__, failure)
        if isinstance(failure, Bounced):
            note_bounce(Notice.objects.get(pk=begun.pk), failure=str(failure), at=at)
            return
        self.failures = MANY_FAILURES if isinstance(failure, OutOfReach) else self.failures + 1
        row = Notice.objects.filter(pk=begun.pk)
        row.update(
            attempts=begun.attempts + 1, retry_at=_next_try(begun.attempts + 1, at=at), failure=str(failure)[:60]
        )
        if not isinstance(failure, Unknown):
            row.update(begun_at=None)

    def _put_off_rest(self, begun: Begun) -> None:
        """Let the rest of the batch wait as long as the one that failed last: nothing is taken now."""
        last = Notice.objects.get(pk=begun.pk)
        rest = Notice.objects.to_send(self.clock()).filter(phase=self.phase, batch=self.batch, pk__gt=begun.pk)
        rest.update(retry_at=last.retry_at, failure=last.failure)

    def _excuse(self, begun: Begun) -> None:
        """Nobody of the account is there any more."""
        at = self.clock()
        with transaction.atomic():
            Notice.objects.filter(pk=begun.pk).update(failed_at=at, failure="nobody")
            rows = self.phase.breach.affected.untold().filter(account=begun.account_id)
            if rows.update(excused_at=at):
                journal.record("breach.excused", clause="13", breach=self.phase.breach.reference, accounts=1)


# --- What else becomes of a notice -----------------------------------------------------------------------------------


@transaction.atomic
def note_bounce(notice: Notice, *, failure: str, at: datetime) -> bool:
    """Note that a notice did not reach its account, and why; whether that is new.

    If no other notice of the breach reached it, the account is untold again: its 48 hours run on.
    """
    notice = Notice.objects.select_for_update().get(pk=notice.pk)
    if notice.failed_at is not None:
        return False
    notice.failed_at, notice.failure, notice.delivered_at, notice.retry_at = at, failure[:60], None, None
    notice.save(update_fields=["failed_at", "failure", "delivered_at", "retry_at"])
    _tell_again_when(notice)
    journal.record("breach.bounced", **_facts(notice), failure=notice.failure)
    return True


@transaction.atomic
def note_delivery(notice: Notice, *, at: datetime) -> bool:
    """Note that a mail server has put a notice into the mailbox, or passed it on; whether that is new."""
    notice = Notice.objects.select_for_update().get(pk=notice.pk)
    if notice.delivered_at is not None:
        return False
    notice.delivered_at, notice.failed_at, notice.failure = at, None, ""
    notice.save(update_fields=["delivered_at", "failed_at", "failure"])
    _tell_again_when(notice)
    journal.record("breach.delivered", **_facts(notice))
    return True


@transaction.atomic
def send_again(notice: Notice, *, actor: Actor, at: datetime) -> None:
    """Send a notice that came back once more, under its Message-ID, to the address that the main user has now (§13).

    Refused for one that did not come back.
    """
    notice = Notice.objects.select_for_update().get(pk=notice.pk)
    if notice.failed_at is None:
        raise Refused("not_bounced", _("This notice did not come back; there is nothing to send again."), clause="13")
    notice.failed_at = notice.handed_at = notice.begun_at = notice.retry_at = notice.delivered_at = None
    notice.failure, notice.attempts = "", 0
    notice.save(update_fields=["failed_at", "handed_at", "begun_at", "retry_at", "delivered_at", "failure", "attempts"])
    journal.record("breach.sent_again", **_facts(notice), actor=actor, at=at)
    transaction.on_commit(lambda: queue_batches([(notice.phase_id, notice.batch)]), robust=True)


def tend(*, at: datetime) -> int:
    """Queue what has nobody at work: batches with something ready, and breaches with accounts without a notice.

    Returns how many. A batch that somebody has already costs a look at its lock.
    """
    ready = Notice.objects.to_send(at).order_by().values_list("phase", "batch").distinct()
    batches = list(ready)
    queue_batches(batches)
    breaches = [breach for breach in Breach.objects.open() if is_waiting(breach)]
    for breach in breaches:
        plan_soon(breach)
    return len(batches) + len(breaches)


def _tell_again_when(notice: Notice) -> None:
    """Let the account be told from the first notice of the breach on that reached it, or untold when none did."""
    there = Notice.objects.filter(phase__breach=notice.phase.breach_id, account=notice.account_id)
    first = there.filter(handed_at__isnull=False, failed_at__isnull=True).order_by("handed_at").first()
    affected = notice.phase.breach.affected.filter(account=notice.account_id)
    affected.update(told_at=first.handed_at if first else None)


def _facts(notice: Notice) -> dict[str, Any]:
    phase = notice.phase
    return {
        "account": notice.account, "clause": "13", "breach": phase.breach.reference, "phase": phase.number,
        "notice": notice.reference,
    }  # fmt: skip


def _next_try(attempts: int, *, at: datetime) -> datetime:
    return min(mails.next_try(attempts, at=at), at + LONGEST_PAUSE)
