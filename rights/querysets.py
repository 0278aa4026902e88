from __future__ import annotations

from typing import Self

from django.db import models


class LetterQuerySet(models.QuerySet):
    def waiting(self) -> Self:
        """Recorded by one member of staff, waiting for the second; the holder has not taken the request back."""
        return self.filter(confirmed_on__isnull=True, request__withdrawn_on__isnull=True)
