"""Breaches whose notices wait to be sent."""

from __future__ import annotations

from datetime import datetime, timedelta

from accounts.models import Account
from accounts.states import State
from breaches import planning, releasing, sending
from breaches.models import Notice, Phase
from tests import breached
from tests.breached import NOTICED_AT
from tests.factories import AccountFactory, StaffFactory

#: Two hours after it was noticed.
AT = NOTICED_AT + timedelta(hours=2)


def accounts(count: int) -> list[Account]:
    return [AccountFactory(state=State.ACTIVE) for _each in range(count)]


def waiting(*of: Account, at: datetime = AT) -> Phase:
    """The first phase of a breach of these accounts, released and its notices planned."""
    row = breached.breach()
    breached.affected(row, *of)
    phase = releasing.release(breached.phase(row), actor=StaffFactory(), at=at)
    planning.plan(row.pk, at=at)
    return phase


def send(phase: Phase, *, at: datetime = AT, batch: int = 0) -> int:
    """What a worker does with one batch at that moment."""
    return sending.send_batch(phase.pk, batch, clock=lambda: at)


def notices(phase: Phase) -> list[Notice]:
    return list(Notice.objects.filter(phase=phase).order_by("id"))
