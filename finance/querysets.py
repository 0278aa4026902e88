from __future__ import annotations

from typing import Self

from relations.querysets import OwnedQuerySet


class DocumentQuerySet(OwnedQuerySet):
    def issued(self) -> Self:
        """Documents with a number; the oldest first."""
        return self.filter(issued_on__isnull=False).order_by("issued_on", "id")
