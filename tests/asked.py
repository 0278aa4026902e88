"""Requests of data subjects in any state, as the services would have left them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from accounts.models import Account
from cannonworks.deadlines import AMSTERDAM, compute, kind_named
from rights.models import SubjectRequest
from rights.states import RequestState

#: A Tuesday morning: five working days later it is the end of the next Tuesday.
ASKED_AT = datetime(2026, 11, 10, 9, 30, tzinfo=AMSTERDAM)
WHO = {
    "name": "Bram Smit", "email": "bram@thuis.example", "company": "Timmerbedrijf de Vries", "details": "Nieuw adres",
    "wish": "change", "language": "nl",
}  # fmt: skip


def due_after(at: datetime) -> datetime:
    """When the holder's five working days are over."""
    return compute(kind_named("subject_request"), at).due_at


def subject_request(
    account: Account | None = None, *, state: str = RequestState.RECEIVED, at: datetime = ASKED_AT, **more: Any
) -> SubjectRequest:
    """A request received at ``at``; with an account the holder was told a quarter of an hour later."""
    told_at = at + timedelta(minutes=15)
    moments: dict[str, Any] = {"received_at": at}
    if account is not None:
        moments |= {"told_at": told_at, "due_at": due_after(told_at)}
    due_at = moments.get("due_at", due_after(at))
    if state == RequestState.DONE:
        moments |= {"done_at": told_at + timedelta(days=1), "outcome": "fulfilled"}
    if state in (RequestState.CHECKING, RequestState.BLOCKED):
        moments |= {"check_asked_at": due_at + timedelta(hours=9)}
    if state == RequestState.BLOCKED:
        moments |= {"checked_at": due_at + timedelta(hours=10), "blocked_at": due_at + timedelta(hours=10)}
    if state == RequestState.CLOSED:
        moments |= {"closed_at": due_at + timedelta(hours=10), "outcome": "fulfilled"}
    row = SubjectRequest(account=account, state=state, **{**WHO, **moments, **more})
    row.save(force_insert=True)
    if state == RequestState.BLOCKED and account is not None:
        Account.objects.filter(pk=account.pk).update(blocked_at=row.blocked_at)
    return row
