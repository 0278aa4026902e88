from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Max, Q
from django.utils import timezone

if TYPE_CHECKING:
    from accounts.models import User


class SubProcessorQuerySet(models.QuerySet):
    def at_work(self) -> Self:
        """Those that work for us now."""
        return self.filter(stage="active")

    def under_agreement(self, on: date) -> Self:
        """At work, under an agreement that is signed and not over on ``on``."""
        lasting = Q(agreement__valid_until__isnull=True) | Q(agreement__valid_until__gte=on)
        return self.at_work().filter(lasting, agreement__signed_on__lte=on)


class ChangeQuerySet(models.QuerySet):
    def open(self) -> Self:
        """Announced and still to come: not in force, not withdrawn."""
        return self.filter(in_force_at__isnull=True, withdrawn_at__isnull=True)

    def closed(self) -> Self:
        """In force, or withdrawn."""
        return self.exclude(in_force_at__isnull=True, withdrawn_at__isnull=True)

    def due(self, on: date) -> Self:
        """Still to come, and their day has come."""
        return self.open().filter(effective_on__lte=on)


class ObjectionQuerySet(models.QuerySet):
    def to_answer(self) -> Self:
        """Without an answer of ours."""
        return self.filter(answered_at__isnull=True)

    def visible_to(self, user: User) -> Self:
        """Those of the user's own account."""
        return self.filter(account=user.account_id) if user.account_id else self.none()


class StatementQuerySet(models.QuerySet):
    def in_force(self, on: date) -> Self:
        """Signed by ``on`` and not ended; the day on which one ends is no longer in it."""
        return self.filter(Q(ended_on__isnull=True) | Q(ended_on__gt=on), signed_on__lte=on)


class HelperQuerySet(models.QuerySet):
    def with_people(self) -> Self:
        """Each with the user and the sub-processor, but for the password, which no member of staff may read."""
        return self.select_related("user", "sub_processor").defer("user__password")

    def with_statement(self, on: date) -> Self:
        """Each with ``bound_since``: the day on the statement that is in force on ``on``, or None."""
        lasting = Q(user__statements__ended_on__isnull=True) | Q(user__statements__ended_on__gt=on)
        signed = Q(user__statements__signed_on__lte=on)
        return self.annotate(bound_since=Max("user__statements__signed_on", filter=lasting & signed))

    def staying(self, at: datetime) -> Self:
        """Those who have not left; the moment of leaving itself is out."""
        return self.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=at))

    def inside(self, at: datetime) -> Self:
        """Helpers whose window is open: in a running project of their own sub-processor, statement signed (§10).

        They have not left, and that company is at work for us, under an agreement that holds. The same as
        ``privacy.INSIDE``, to which the database holds whoever is signed in as a helper.
        """
        on = timezone.localdate(at)
        bound = Q(user__statements__ended_on__isnull=True) | Q(user__statements__ended_on__gt=on)
        agreed = Q(sub_processor__agreement__valid_until__isnull=True) | Q(
            sub_processor__agreement__valid_until__gte=on
        )
        return (
            self.staying(at)
            .filter(
                bound,
                agreed,
                user__statements__signed_on__lte=on,
                sub_processor__stage="active",
                sub_processor__agreement__signed_on__lte=on,
                projects__sub_processor=F("sub_processor"),
                projects__starts_at__lte=at,
                projects__ends_at__gt=at,
            )
            .distinct()
        )


class ProjectQuerySet(models.QuerySet):
    def running(self, at: datetime) -> Self:
        """Begun and not over; the end itself is over."""
        return self.filter(starts_at__lte=at, ends_at__gt=at)

    def not_over(self, at: datetime) -> Self:
        """To come or running."""
        return self.filter(ends_at__gt=at)


class GlassQuerySet(models.QuerySet):
    def undecided(self) -> Self:
        """Neither approved nor refused."""
        return self.filter(approved_at__isnull=True, refused_at__isnull=True)

    def not_over(self) -> Self:
        """With a login that is not closed yet; whether its end has come, the clock says."""
        return self.filter(opened_at__isnull=False, closed_at__isnull=True)

    def to_drop(self) -> Self:
        """With a login of which something may be left."""
        return self.filter(opened_at__isnull=False, dropped_at__isnull=True)

    def to_report(self) -> Self:
        """Over, and not yet reported to all holders."""
        return self.filter(closed_at__isnull=False, reported_at__isnull=True)
