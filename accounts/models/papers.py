"""Papers of our own house: contracts, signed statements, proofs. Sealed in their rows, and never changed."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class PaperKind(models.TextChoices):
    """What a paper is of."""

    AGREEMENT = "agreement", _("Processing agreement with a sub-processor")
    TRANSFER = "transfer", _("Proof of protection outside the EEA")
    STATEMENT = "statement", _("Confidentiality statement")
    EVIDENCE = "evidence", _("Evidence of a measure")


class Paper(models.Model):
    """One file of ours, of no account, under a key of its own: ``accounts.papers`` keeps and opens it."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=12, choices=PaperKind.choices)
    #: By what it is kept: its own name is never used, it may say anything.
    ending = models.CharField(_("file type"), max_length=3)
    size = models.PositiveIntegerField(_("bytes"))
    digest = models.CharField(_("SHA-256"), max_length=64)
    #: Every account holder may have it, as the agreement promises of proofs of protection (§11).
    for_holders = models.BooleanField(_("account holders may have it"), default=False)
    key_id = models.CharField(max_length=40)
    wrapped = models.BinaryField()
    sealed = models.BinaryField()
    added_by = models.UUIDField(_("added by"))
    added_at = models.DateTimeField(_("added at"))

    class Meta:
        verbose_name = _("paper")
        verbose_name_plural = _("papers")
        constraints = [
            models.CheckConstraint(name="paper_kind_known", condition=Q(kind__in=PaperKind.values)),
            models.CheckConstraint(name="paper_ending_known", condition=Q(ending__in=("pdf", "jpg", "png"))),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {str(self.reference)[:8]}"

    @property
    def name(self) -> str:
        """What it is called when somebody keeps it: ``agreement-1a2b3c4d.pdf``."""
        return f"{self.kind}-{str(self.reference)[:8]}.{self.ending}"
