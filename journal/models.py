"""What was done, by whom, under which clause: append-only, and without personal data."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class Entry(models.Model):
    """One thing that was done. Account and actor by random reference; the database refuses change and removal."""

    at = models.DateTimeField(db_default=Now(), db_index=True)
    event = models.CharField(max_length=60)
    account_reference = models.UUIDField(null=True, blank=True)
    actor_reference = models.UUIDField(null=True, blank=True)
    actor_kind = models.CharField(max_length=10, default="system")
    clause = models.CharField(max_length=10, blank=True)
    facts = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "entries"
        indexes = [
            models.Index(fields=["account_reference", "id"], name="journal_of_account"),
            models.Index(fields=["event", "id"], name="journal_by_event"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.event}"
