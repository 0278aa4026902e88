from __future__ import annotations

from datetime import date, datetime
from typing import Self

from django.db import models
from django.db.models import Q

from relations.querysets import OwnedQuerySet


class ErasureQuerySet(models.QuerySet):
    def unfinished(self, at: datetime) -> Self:
        """Begun, not done, not parked, and not waiting for a later attempt; partial index."""
        ready = Q(retry_at__isnull=True) | Q(retry_at__lte=at)
        return self.filter(ready, done_at__isnull=True, parked_at__isnull=True)

    def parked(self) -> Self:
        """Given up on after repeated failure; staff look at these. Served by the same partial index."""
        return self.filter(done_at__isnull=True, parked_at__isnull=False)


class HoldQuerySet(OwnedQuerySet):
    def active(self) -> Self:
        """Confirmed and not released: these stop erasure."""
        return self.filter(confirmed_on__isnull=False, released_on__isnull=True)

    def to_confirm(self) -> Self:
        """Placed by one member of staff, waiting for the second."""
        return self.filter(confirmed_on__isnull=True, released_on__isnull=True)

    def to_review(self, on: date) -> Self:
        """Active, and the day has come to look again whether they are still needed."""
        return self.active().filter(review_on__lte=on)
