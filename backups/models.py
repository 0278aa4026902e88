"""What is kept of backups in rows: drills alone. What backups there are, the vault says, and no database."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Result(models.TextChoices):
    PROVEN = "proven", _("Proven")
    FAILED = "failed", _("Not proven")
    NOT_CHECKED = "not checked", _("Could not be checked")


class Drill(models.Model):
    """One restore on trial: of which backup, what came of it, and how long each step took (§14)."""

    reference = models.UUIDField(_("reference"), default=uuid.uuid4, unique=True, editable=False)
    backup = models.CharField(_("backup"), max_length=40, blank=True)
    began_at = models.DateTimeField(_("began at"))
    ended_at = models.DateTimeField(_("ended at"))
    result = models.CharField(_("result"), max_length=12, choices=Result.choices)
    problem = models.CharField(_("what was wrong"), max_length=300, blank=True, default="")
    seconds = models.JSONField(_("seconds of each step"), default=dict, blank=True)
    counts = models.JSONField(_("what was counted"), default=dict, blank=True)

    class Meta:
        verbose_name = _("restore on trial")
        verbose_name_plural = _("restores on trial")
        constraints = [
            models.CheckConstraint(name="drill_result_known", condition=Q(result__in=Result.values)),
            models.CheckConstraint(name="drill_says_what_was_wrong", condition=Q(result="proven") ^ ~Q(problem="")),
            models.CheckConstraint(name="drill_ends_later", condition=Q(ended_at__gte=models.F("began_at"))),
        ]
        indexes = [models.Index(fields=["-began_at"], name="drill_newest")]

    def __str__(self) -> str:
        return self.backup or str(self.reference)[:8]
