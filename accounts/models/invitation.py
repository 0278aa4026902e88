"""Colleagues who were asked to join an account and have not yet done so (§1)."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account
from accounts.querysets import InvitationQuerySet


class Invitation(models.Model):
    """An address that may join an account by the link in its mail; gone once it did. The token is there as a digest."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="invitations", verbose_name=_("account"))
    email = models.EmailField(_("e-mail"))
    digest = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.UUIDField(editable=False)
    sent_at = models.DateTimeField(_("sent at"))
    expires_at = models.DateTimeField(_("expires at"), db_index=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(name="invitation_once_an_address", fields=["account", "email"]),
            models.CheckConstraint(name="invitation_expires_later", condition=Q(expires_at__gt=F("sent_at"))),
        ]

    def __str__(self) -> str:
        return str(self.reference)[:8]

    def counts(self, at: datetime) -> bool:
        """Whether its link still lets join at that moment."""
        return at < self.expires_at
