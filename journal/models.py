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


class Batch(models.Model):
    """A sealed range of entries: their hashes, the root of the tree over them, and the digest of the batch before."""

    number = models.PositiveBigIntegerField(primary_key=True)
    first_id = models.PositiveBigIntegerField()
    last_id = models.PositiveBigIntegerField(unique=True)
    count = models.PositiveIntegerField()
    leaves = models.BinaryField()
    root = models.BinaryField()
    previous = models.BinaryField(unique=True)
    digest = models.BinaryField()
    sealed_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = "batches"
        constraints = [
            models.CheckConstraint(name="batch_is_a_range", condition=models.Q(first_id__lte=models.F("last_id"))),
            models.CheckConstraint(name="batch_has_entries", condition=models.Q(count__gt=0)),
        ]

    def __str__(self) -> str:
        return str(self.number)


class Removed(models.Model):
    """What is needed to prove the leaf of an entry that is gone: its account's random reference and a digest."""

    entry_id = models.BigIntegerField(primary_key=True)
    account_reference = models.UUIDField(null=True)
    content = models.BinaryField()

    class Meta:
        verbose_name_plural = "removed"

    def __str__(self) -> str:
        return str(self.entry_id)
