from __future__ import annotations

from datetime import date, datetime
from typing import Any, Self

from django.apps import apps
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q

from audits.states import OPEN, UNUSED, WITH_US, AuditState
from relations.querysets import OwnedQuerySet


class MeasureQuerySet(models.QuerySet):
    def in_place(self) -> Self:
        """Measures that work, as far as the last review saw."""
        return self.filter(state="in_place")

    def failing(self) -> Self:
        """Measures of which a review saw that they do not work, and that are not mended yet."""
        return self.filter(state="failing")

    def kept(self) -> Self:
        """In place or being mended: what is to be looked at again."""
        return self.filter(state__in=("in_place", "failing"))

    def told(self) -> Self:
        """Those of which the public texts tell, in the order of the register."""
        return self.in_place().filter(is_public=True).order_by("id")

    def to_review(self, on: date) -> Self:
        """In place or being mended, and the last day to look again has come; served by a partial index."""
        return self.kept().filter(review_on__lte=on)

    def with_open_findings(self) -> Self:
        """Each with the number of its findings that are not closed, ``open_findings``."""
        return self.annotate(open_findings=Count("findings", filter=Q(findings__closed_at__isnull=True)))


class FindingQuerySet(models.QuerySet):
    def open(self) -> Self:
        """Not closed; partial index."""
        return self.filter(closed_at__isnull=True)

    def that_reviews_saw(self, measure: Any) -> Self:
        """Open, and found by a review of this measure: as long as there is one, it does not work."""
        return self.open().filter(measure=measure, origin="review")

    def undecided(self) -> Self:
        """Open, and nothing is under way: an improvement is to be planned, or it is to be closed or accepted."""
        improvements: Any = apps.get_model("audits.Improvement")
        under_way = improvements.objects.filter(finding=OuterRef("pk"), verified_at__isnull=True)
        return self.open().filter(~Exists(under_way))


class ImprovementQuerySet(models.QuerySet):
    def open(self) -> Self:
        """Of open findings, and not seen to help; partial index."""
        return self.filter(verified_at__isnull=True, finding__closed_at__isnull=True)

    def to_do(self) -> Self:
        """Planned, or done without help."""
        return self.open().filter(done_at__isnull=True)

    def to_verify(self) -> Self:
        """Done, says the owner; another member of staff is to look."""
        return self.open().filter(done_at__isnull=False)


class AuditQuerySet(OwnedQuerySet):
    def open(self) -> Self:
        """Neither done nor withdrawn nor lapsed."""
        return self.filter(state__in=OPEN)

    def counted(self) -> Self:
        """Which use up the test of their year (§12)."""
        return self.exclude(state__in=UNUSED)

    def to_answer(self) -> Self:
        """Of which the main user must answer a date that we propose, or agree to the costs."""
        costs = Q(costs_cents__isnull=False, costs_agreed_at__isnull=True)
        return self.open().filter(Q(state=AuditState.OFFERED) | costs)

    def with_us(self) -> Self:
        """Of which we must answer a date."""
        return self.filter(state__in=WITH_US)

    def to_begin(self, at: datetime) -> Self:
        """Ready, and their window has begun."""
        return self.filter(state=AuditState.READY, starts_at__lte=at)

    def to_end(self, at: datetime) -> Self:
        """Running, and their window is over."""
        return self.filter(state=AuditState.RUNNING, ends_at__lte=at)

    def to_lapse(self, at: datetime) -> Self:
        """Whose window went by while the account holder or the tester had not agreed."""
        return self.filter(state__in=(AuditState.OFFERED, AuditState.AGREED), ends_at__lte=at)

    def to_preserve(self, at: datetime) -> Self:
        """Whose window has begun, and of which the logs are not all sealed."""
        states = (AuditState.READY, AuditState.RUNNING, AuditState.ENDED)
        return self.filter(state__in=states, starts_at__lte=at, preserved_at__isnull=True)
