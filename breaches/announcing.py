"""Telling every account of a moment that is offered to all whom a breach touches: batch by batch, each once (§13).

A batch is one transaction: its mails, and how far the list was gone through. So a worker that is killed leaves whole
batches, another goes on behind them, and however many accounts there are, no request waits for them.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts import outbox
from breaches.models import Consultation, Meeting

#: Accounts that are told in one transaction.
BATCH = 1_000


def announce_soon(meeting: Meeting) -> None:
    """Have a moment announced once this is committed; a lost message costs minutes."""
    transaction.on_commit(lambda: _queue(meeting.pk), robust=True)


def announce(meeting_pk: int, *, at: datetime) -> int:
    """Plan the mail of a moment for every account that was told of the breach and has no moment; return how many.

    Who needs no consultation is left alone, and who is told of the breach only later finds the moment there. May run
    twice, also at the same time: an account gets one mail for a moment.
    """
    told = 0
    while (count := _batch(meeting_pk, at)) is not None:
        told += count
    return told


def tend(*, at: datetime) -> int:
    """Queue moments of which the announcement is not done; return how many."""
    waiting = list(Meeting.objects.to_announce().values_list("pk", flat=True))
    for pk in waiting:
        _queue(pk)
    return len(waiting)


@transaction.atomic
def _batch(meeting_pk: int, at: datetime) -> int | None:
    """Plan the next mails; None when there is nothing left to do here, or somebody else does it."""
    rows = Meeting.objects.to_announce().select_for_update(skip_locked=True)
    meeting = rows.filter(pk=meeting_pk).first()
    if meeting is None:
        return None
    if not meeting.is_open or meeting.starts_at <= at:
        _go_on(meeting, None)
        return None
    # The accounts are locked, so that none is claimed for erasure between this look and the mail.
    waiting = Consultation.objects.to_offer(meeting).select_related("account").select_for_update(of=("account",))
    batch = list(waiting.order_by("id")[:BATCH])
    open_accounts = [each for each in batch if each.account.claimed_at is None]
    abouts = [(each.reference, each.account) for each in open_accounts]
    outbox.plan_all("breaches/meeting_offered", abouts, at=at)
    _go_on(meeting, batch[-1].pk if len(batch) == BATCH else None)
    return len(abouts)


def _go_on(meeting: Meeting, announced_until: int | None) -> None:
    meeting.announced_until = announced_until
    meeting.save(update_fields=["announced_until"])


def _queue(meeting_pk: int) -> None:
    from breaches import tasks  # which announces by what is here

    tasks.announce_meeting.delay(meeting_pk)
