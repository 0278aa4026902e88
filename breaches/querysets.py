from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from relations.querysets import OwnedQuerySet

if TYPE_CHECKING:
    from accounts.models import Account
    from breaches.models import Consultation


class BreachQuerySet(models.QuerySet):
    def open(self) -> Self:
        """Not closed; what was noticed first at the top."""
        return self.filter(closed_at__isnull=True).order_by("noticed_at", "id")

    def told_to(self, account: Account) -> Self:
        """Of which this account was sent a notice, or will be as soon as the mail goes; the newest first."""
        return self.filter(affected__account=account, phases__released_at__isnull=False).distinct().order_by("-number")


class PhaseQuerySet(models.QuerySet):
    def released(self) -> Self:
        """Which went to affected accounts, the first first."""
        return self.filter(released_at__isnull=False).order_by("number")


class ReportQuerySet(OwnedQuerySet):
    def to_judge(self) -> Self:
        """Of which nobody has said yet what it is; the oldest first."""
        return self.filter(judged_at__isnull=True).order_by("id")


class AffectedQuerySet(OwnedQuerySet):
    def untold(self) -> Self:
        """Who no mail about the breach was handed to yet: their 48 hours run."""
        return self.filter(told_at__isnull=True, excused_at__isnull=True)


class NoticeQuerySet(OwnedQuerySet):
    def to_send(self, at: datetime) -> Self:
        """Neither handed to a mail server nor refused for good, and not to wait any longer."""
        ready = Q(retry_at__isnull=True) | Q(retry_at__lte=at)
        return self.filter(ready, handed_at__isnull=True, failed_at__isnull=True).order_by("id")

    def unread(self) -> Self:
        """Which nobody of the account who decides has opened."""
        return self.filter(read_at__isnull=True)

    def unacknowledged(self) -> Self:
        """Of which the main user has not said that he has read it."""
        return self.filter(acknowledged_at__isnull=True)


class ConsultationQuerySet(OwnedQuerySet):
    def open(self) -> Self:
        """Not held, not waived and not lapsed: somebody waits for it."""
        return self.filter(held_at__isnull=True, waived_at__isnull=True, lapsed_at__isnull=True)

    def untaken(self, at: datetime) -> Self:
        """Open after their term, though a moment within it was offered by us: nobody took one."""
        from breaches.models import Meeting

        offered = Meeting.objects.offered().filter(
            Q(account=OuterRef("account")) | Q(account__isnull=True, breach=OuterRef("breach")),
            starts_at__lt=OuterRef("due_at"),
        )
        return self.open().filter(Exists(offered), due_at__lte=at, agreed_at__isnull=True)


class MeetingQuerySet(OwnedQuerySet):
    def offered(self) -> Self:
        """Proposed by us, and not withdrawn."""
        return self.filter(is_from_holder=False, withdrawn_at__isnull=True)

    def open_to(self, consultation: Consultation, at: datetime) -> Self:
        """Which the account can choose now for this consultation, the first first."""
        for_all = Q(account__isnull=True, breach__isnull=False, breach=consultation.breach_id)
        theirs = Q(account=consultation.account_id, breach=consultation.breach_id)
        return self.offered().filter(for_all | theirs, minuted_at__isnull=True, starts_at__gt=at).order_by("starts_at")
