from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q


class DigestQuerySet(models.QuerySet):
    def to_send(self, at: datetime) -> Self:
        """Not sent, and not to wait any longer; the oldest first."""
        return self.filter(Q(retry_at__isnull=True) | Q(retry_at__lte=at), sent_at__isnull=True).order_by("id")
