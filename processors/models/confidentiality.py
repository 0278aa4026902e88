"""Who is bound to keep quiet about what they see (§8): staff of our own and helpers, before they see anything."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Paper
from processors.querysets import StatementQuerySet


class Statement(models.Model):
    """What a member of staff or a helper signed, here or on paper, to keep quiet; it counts until it ends.

    ``digest`` is of the words that were signed here; on paper the words are in the paper.
    """

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="statements", verbose_name=_("signed by")
    )
    signed_on = models.DateField(_("signed on"))
    digest = models.CharField(_("SHA-256 of the words"), max_length=64, blank=True)
    paper = models.OneToOneField(
        Paper, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("paper")
    )
    #: None where they signed here themselves.
    noted_by = models.UUIDField(_("noted by"), null=True, blank=True)
    noted_at = models.DateTimeField(_("noted at"))
    ended_on = models.DateField(_("ended on"), null=True, blank=True)

    objects = StatementQuerySet.as_manager()

    class Meta:
        verbose_name = _("confidentiality statement")
        verbose_name_plural = _("confidentiality statements")
        constraints = [
            models.CheckConstraint(
                name="statement_ends_after_it_is_signed",
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("signed_on")),
            ),
        ]
        indexes = [models.Index(fields=["user"], name="statement_in_force", condition=Q(ended_on__isnull=True))]

    def __str__(self) -> str:
        return f"{self.user} {self.signed_on}"
