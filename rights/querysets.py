from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from relations.querysets import OwnedQuerySet
from rights.states import (
    OPEN_CORRECTIONS,
    OPEN_REQUESTS,
    RETURNS_UNDER_WAY,
    WITH_HOLDER,
    CorrectionState,
    RequestState,
    ReturnState,
)

if TYPE_CHECKING:
    from accounts.models import Account


class LetterQuerySet(models.QuerySet):
    def waiting(self) -> Self:
        """Recorded by one member of staff, waiting for the second; the holder has not taken the request back."""
        return self.filter(confirmed_on__isnull=True, request__withdrawn_on__isnull=True)

    def confirmed_not_ordered(self) -> Self:
        """Confirmed by both, the request still open: the erasure waits for the return of data (§6)."""
        return self.filter(
            confirmed_on__isnull=False, request__withdrawn_on__isnull=True, request__granted_on__isnull=True
        )


class SubjectRequestQuerySet(OwnedQuerySet):
    def open(self) -> Self:
        """Not closed."""
        return self.filter(state__in=OPEN_REQUESTS)

    def waiting_for_holder(self) -> Self:
        """The holder was told, and has to do something; what ends first at the top."""
        return self.filter(state__in=WITH_HOLDER).order_by("due_at", "id")

    def unanswered(self) -> Self:
        """Of which the holder has not said how it was handled; an answer that a check found wrong counts no more."""
        return self.filter(outcome="")

    def handled(self) -> Self:
        """Nothing is waited for from the holder (any more)."""
        return self.exclude(state__in=WITH_HOLDER)

    def overdue(self, at: datetime) -> Self:
        """Not said to be done within the term of the holder (§15)."""
        return self.filter(state__in=WITH_HOLDER, due_at__lte=at)

    def blocking(self, account: Account) -> Self:
        """For which this account is blocked."""
        return self.filter(account=account, state=RequestState.BLOCKED)

    def to_match(self) -> Self:
        """Whose account staff have to look for; the oldest first."""
        return self.filter(state=RequestState.RECEIVED).order_by("id")

    def to_decide(self, at: datetime) -> Self:
        """Whose check staff can decide either way: the term of the holder is over, if there is one."""
        over = Q(account__isnull=True) | Q(due_at__lte=at)
        return self.filter(over, state=RequestState.CHECKING).order_by("check_asked_at", "id")

    def waiting_for_staff(self) -> Self:
        """Whose account is to be found, or of which a check was asked."""
        return self.filter(state__in=(RequestState.RECEIVED, RequestState.CHECKING))

    def to_remind(self, at: datetime, tomorrow: datetime) -> Self:
        """Whose holder is to be reminded: today is the last day of the term, or it is over; once for each."""
        now = Q(reminded_at__isnull=True, due_at__lte=tomorrow) | Q(reminded_at__lt=F("due_at"), due_at__lte=at)
        waits = self.filter(state__in=(RequestState.TOLD, RequestState.CHECKING), outcome="")
        return waits.filter(now).order_by("id")

    def to_ask_for_check(self) -> Self:
        """Passed on, not said to be done, no check asked, and whoever asked was not told yet that the term is over."""
        from accounts.models import PlannedMail

        told = PlannedMail.objects.filter(about=OuterRef("reference"), template="rights/requester_term_over")
        waits = self.filter(state__in=(RequestState.TOLD, RequestState.UNMATCHED), check_asked_at__isnull=True)
        return waits.exclude(email="").exclude(Exists(told)).order_by("id")

    def to_check_again(self, at: datetime) -> Self:
        """Whose account turned up while a check went on, and whose holder did nothing within the term."""
        return self.filter(state=RequestState.TOLD, check_asked_at__isnull=False, due_at__lte=at).order_by("id")

    def over(self, since: datetime) -> Self:
        """Said to be done by then, or of no account and its term over by then, and nothing asked since."""
        ended = Q(state=RequestState.DONE, done_at__lte=since) | Q(state=RequestState.UNMATCHED, due_at__lte=since)
        return self.filter(ended).order_by("id")


class DataReturnQuerySet(OwnedQuerySet):
    def under_way(self) -> Self:
        """Not ready yet, and not given up."""
        return self.filter(state__in=RETURNS_UNDER_WAY)

    def before_erasure(self, account: Account, at: datetime) -> Self:
        """For which an erasure at once waits (§6): under way, or ready and neither taken nor past its end."""
        waits = Q(state__in=RETURNS_UNDER_WAY) | Q(state=ReturnState.READY, taken_at__isnull=True, expires_at__gt=at)
        return self.filter(waits, account=account)

    def ready(self, at: datetime) -> Self:
        """There to be taken at this moment."""
        return self.filter(state=ReturnState.READY, expires_at__gt=at)

    def overdue(self, at: datetime) -> Self:
        """Not ready within the fifteen days of §6."""
        return self.under_way().filter(due_at__lte=at)


class CorrectionQuerySet(OwnedQuerySet):
    def open(self) -> Self:
        """Not over: to be decided by the main user, or to be applied by staff."""
        return self.filter(state__in=OPEN_CORRECTIONS)

    def to_decide(self, at: datetime) -> Self:
        """The main user can say yes or no at this moment; what ends first at the top."""
        return self.filter(state=CorrectionState.PROPOSED, expires_at__gt=at).order_by("expires_at", "id")

    def to_apply(self, at: datetime) -> Self:
        """The main user said yes; staff can carry it out at this moment."""
        return self.filter(state=CorrectionState.CONFIRMED, expires_at__gt=at)

    def over(self, at: datetime) -> Self:
        """Open, and past its end: to lapse."""
        return self.open().filter(expires_at__lte=at)
