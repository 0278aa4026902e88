from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from relations.querysets import OwnedQuerySet

if TYPE_CHECKING:
    from accounts.models import Account
    from breaches.models import Consultation, Meeting


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

    def to_offer(self, meeting: Meeting) -> Self:
        """Of the breach of a moment for all: not held, not waived, nothing agreed, and not told of the moment yet."""
        waits = self.filter(held_at__isnull=True, waived_at__isnull=True, agreed_at__isnull=True)
        return waits.filter(breach=meeting.breach_id, pk__gt=meeting.announced_until)

    def untaken(self, at: datetime) -> Self:
        """Open after their term, though a moment within it was offered by us: nobody took one."""
        from breaches.models import Meeting

        offered = Meeting.objects.offered().filter(
            Q(breach=OuterRef("breach")) | Q(breach__isnull=True),
            Q(account=OuterRef("account")) | Q(account__isnull=True),
            starts_at__gt=OuterRef("opened_at"),  # what was over before we told them they could not take
            starts_at__lt=OuterRef("due_at"),
        )
        return self.open().filter(Exists(offered), due_at__lte=at, agreed_at__isnull=True)


class MeetingQuerySet(OwnedQuerySet):
    def offered(self) -> Self:
        """Proposed by us, and not withdrawn."""
        return self.filter(is_from_holder=False, withdrawn_at__isnull=True)

    def to_announce(self) -> Self:
        """Offered to all whom a breach touches, and not all of them were mailed yet; partial index."""
        return self.filter(announced_until__isnull=False)

    def about(self, consultation: Consultation) -> Self:
        """For this account, about the breach or a report that may turn out to be it; or for all whom it touches."""
        found = Q(breach__isnull=True) | Q(breach__isnull=False, breach=consultation.breach_id)
        return self.filter(found, Q(account=consultation.account_id) | Q(account__isnull=True))

    def to_come(self, at: datetime) -> Self:
        """Neither withdrawn nor written up nor begun, the first first."""
        rows = self.filter(withdrawn_at__isnull=True, minuted_at__isnull=True, starts_at__gt=at)
        return rows.order_by("starts_at", "id")

    def open_to(self, consultation: Consultation, at: datetime) -> Self:
        """Which the account can choose now for this consultation, the first first."""
        return self.about(consultation).filter(is_from_holder=False).to_come(at)

    def asked_for(self, consultation: Consultation, at: datetime) -> Self:
        """Which the account proposes, and nobody has agreed to, the first first."""
        asked = self.about(consultation).filter(is_from_holder=True).to_come(at)
        return asked.exclude(pk=consultation.meeting_id) if consultation.meeting_id else asked
