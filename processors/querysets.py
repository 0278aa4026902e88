from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F
from django.utils import timezone


class HelperQuerySet(models.QuerySet):
    def with_people(self) -> Self:
        """Each with the user and the sub-processor, but for the password, which no member of staff may read."""
        return self.select_related("user", "sub_processor").defer("user__password")

    def inside(self, at: datetime) -> Self:
        """Helpers whose window is open: in a running project of their own sub-processor, statement signed (§10).

        The same as ``privacy.INSIDE``, to which the database holds whoever is signed in as a helper.
        """
        return self.filter(
            statement_signed_on__lte=timezone.localdate(at),
            projects__sub_processor=F("sub_processor"),
            projects__starts_at__lte=at,
            projects__ends_at__gt=at,
        ).distinct()


class ProjectQuerySet(models.QuerySet):
    def running(self, at: datetime) -> Self:
        """Begun and not over; the end itself is over."""
        return self.filter(starts_at__lte=at, ends_at__gt=at)
