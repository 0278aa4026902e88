"""Two pairs of eyes: what one member of staff proposes counts once another has confirmed it (§5, §6)."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from cannonworks.errors import Refused


class FourEyes(models.Model):
    """Something that one member of staff proposed, in the field ``PROPOSED_BY``, and another has confirmed or not."""

    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=gettext_lazy("confirmed by"),
    )
    confirmed_on = models.DateField(gettext_lazy("confirmed on"), null=True, blank=True)

    PROPOSED_BY: ClassVar[str]

    class Meta:
        abstract = True

    def was_proposed_by(self, user: User) -> bool:
        return bool(getattr(self, f"{self.PROPOSED_BY}_id") == user.pk)

    def confirm(self, *, actor: User, on: date) -> None:
        """Note the second person and save; Refused for the first. The caller holds the lock and asks what else."""
        if self.was_proposed_by(actor):
            raise Refused(
                "second_person", _("A second member of staff confirms; you are the first yourself."), clause="5"
            )
        self.confirmed_by, self.confirmed_on = actor, on
        self.save(update_fields=["confirmed_by", "confirmed_on"])


def second_person(name: str, *, proposed_by: str) -> list[models.BaseConstraint]:
    """What the database holds a model of four eyes to; ``name`` is the first word of the constraints."""
    return [
        models.CheckConstraint(
            name=f"{name}_confirmed_by_somebody_else",
            condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F(proposed_by)),
        ),
        models.CheckConstraint(
            name=f"{name}_confirmed_has_its_day",
            condition=Q(confirmed_by__isnull=True, confirmed_on__isnull=True)
            | Q(confirmed_by__isnull=False, confirmed_on__isnull=False),
        ),
    ]
