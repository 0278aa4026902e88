"""The clocks of requests (§15): who is reminded, what waits for staff too long, what is over. Pure in ``at``.

The holder is reminded from the beginning of the last working day of the term, and once more when it is over. Staff have
one working day to find an account and two to decide a check (docs/readings.md): see ``retention.alarms`` and the board.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import PlannedMail
from accounts.outbox import MANY_ATTEMPTS
from accounts.services import lock
from cannonworks.deadlines import (
    ONE_DAY,
    Deadline,
    Kind,
    Term,
    Unit,
    compute,
    local_date,
    start_of_day,
    why_not_working,
)
from cannonworks.errors import Refused
from journal import services as journal
from rights.handling import close_over
from rights.letters_to_holder import tell_holder
from rights.models import DataReturn, SubjectRequest
from rights.querysets import SubjectRequestQuerySet
from rights.stages import CHECK_WITHIN, deadline_of
from rights.states import REQUEST_STEPS, RequestState, move
from rights.telling import tell_requester

#: What is done with a locked request; False: there was nothing to do yet.
Act = Callable[[SubjectRequest, datetime], bool | None]

log = logging.getLogger(__name__)

#: Our own terms; the agreement has none for them.
MATCH = Kind("request_match", "15", Term(1, Unit.WORKING_DAYS), _("the request came in"), is_ours=True)
CHECK = Kind(
    "request_check", "15", Term(2, Unit.WORKING_DAYS), _("the requester asked for a check"), is_ours=True
)  # fmt: skip
#: After so long nobody can ask for a check of what is done; the same for what is of no account.
OVER_AFTER = CHECK_WITHIN
#: So many are tended at a time; the next hour has the rest.
MOST = 1_000


# --- What waits for staff --------------------------------------------------------------------------------------------


def clock_of(request: SubjectRequest) -> Deadline | None:
    """The clock of whoever has to do something now, staff or the holder; None when nobody has."""
    match request.state:
        case RequestState.RECEIVED:
            return compute(MATCH, request.received_at)
        case RequestState.CHECKING if request.check_asked_at:
            return compute(CHECK, request.check_asked_at)
        case RequestState.TOLD | RequestState.BLOCKED:
            return request.deadline
    return None


def late_to_match(at: datetime) -> SubjectRequestQuerySet:
    """Requests that came in more than one working day ago and have no account, nor the word that there is none."""
    return SubjectRequest.objects.to_match().filter(received_at__lt=began_before(MATCH, at))


def late_to_decide(at: datetime) -> SubjectRequestQuerySet:
    """Checks that were asked more than two working days ago; where the holder's term runs still, that comes first."""
    return SubjectRequest.objects.to_decide(at).filter(check_asked_at__lt=began_before(CHECK, at))


def began_before(kind: Kind, at: datetime) -> datetime:
    """The moment so that a clock of working days that started before it is over at ``at``, and no other is."""
    on, left = local_date(at), kind.term.count
    while left:
        on -= ONE_DAY
        left -= why_not_working(on) is None
    return start_of_day(on)


def troubles(at: datetime) -> Iterator[tuple[str, str, str]]:
    """What staff must be told of: ``request``, ``return`` or ``mail``, with its reference and a word on it."""
    for row in late_to_match(at)[:MOST]:
        yield "request", str(row.reference), f"§15: {local_date(compute(MATCH, row.received_at).due_at)} (account)"
    for row in late_to_decide(at)[:MOST]:
        yield "request", str(row.reference), f"§15: {local_date(compute(CHECK, row.check_asked_at).due_at)} (check)"
    for late in DataReturn.objects.overdue(at)[:MOST]:
        yield "return", str(late.reference), f"§6: {local_date(late.due_at)}"
    for about, failure in PlannedMail.objects.failing(MANY_ATTEMPTS).values_list("about", "failure")[:MOST]:
        yield "mail", str(about), failure


# --- What happens by itself ------------------------------------------------------------------------------------------


def tend(*, at: datetime) -> int:
    """Remind, take up checks, close what is over; return how many. May run twice, and on many workers at once."""
    rows = SubjectRequest.objects
    return (
        _each(rows.to_remind(at, start_of_day(local_date(at) + ONE_DAY)), remind, at)
        + _each(rows.to_check_again(at), check_again, at)
        + _each(rows.to_ask_for_check(), tell_of_check, at)
        + _each(rows.over(at - OVER_AFTER), close, at)
    )


def remind(row: SubjectRequest, at: datetime) -> None:
    """Remind the holder that a locked request waits, or that its term is over."""
    row.reminded_at = at
    row.save(update_fields=["reminded_at"])
    _record("request.reminded", row)
    tell_holder(row, "reminded", at=at)


def tell_of_check(row: SubjectRequest, at: datetime) -> bool:
    """Tell whoever asked, once, that the term is over and that we check it when they ask; the same of no account."""
    clock = deadline_of(row)
    if clock is None or clock.due_at > at:  # the clock that they were told of, which need not be the holder's
        return False
    tell_requester(row, "term_over", at=at)
    return True


def check_again(row: SubjectRequest, at: datetime) -> None:
    """Go on with the check of a locked request whose account turned up during it: that holder's term is over now."""
    move(row, RequestState.CHECKING, REQUEST_STEPS, clause="15")
    row.save(update_fields=["state"])
    _record("request.check_resumed", row)


def close(row: SubjectRequest, at: datetime) -> None:
    """Close a locked request that is over."""
    close_over(row, at=at)


def _each(rows: SubjectRequestQuerySet, tend_one: Act, at: datetime) -> int:
    """Tend each by itself, locked as everywhere: its account first. One that fails does not stop the others."""
    done = 0
    for row in list(rows.select_related("account")[:MOST]):
        try:
            done += _one(rows, row, tend_one, at)
        except Exception:
            log.exception("tending request %s failed", row.reference)
    return done


@transaction.atomic
def _one(rows: SubjectRequestQuerySet, row: SubjectRequest, tend_one: Act, at: datetime) -> bool:
    try:
        account = lock(row.account) if row.account else None
    except Refused:  # gone meanwhile
        return False
    if account is not None and account.claimed_at is not None:
        return False
    found = rows.filter(account=account).select_for_update(of=("self",)).filter(pk=row.pk).first()
    if found is None:  # somebody was first
        return False
    found.account = account
    return tend_one(found, at) is not False


def _record(event: str, row: SubjectRequest) -> None:
    journal.record(event, account=row.account, clause="15", request=row.reference, wish=row.wish)
