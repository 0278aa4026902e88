from __future__ import annotations

from datetime import datetime
from typing import Self

from audits.states import OPEN, UNUSED, WITH_US, AuditState
from relations.querysets import OwnedQuerySet


class AuditQuerySet(OwnedQuerySet):
    def open(self) -> Self:
        """Neither done nor withdrawn nor lapsed."""
        return self.filter(state__in=OPEN)

    def counted(self) -> Self:
        """Which use up the test of their year (§12)."""
        return self.exclude(state__in=UNUSED)

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
