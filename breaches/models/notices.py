"""Notices of breaches: one message for each account and phase, and what became of it (§13)."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from breaches.models.breaches import Phase
from breaches.querysets import NoticeQuerySet


class Notice(models.Model):
    """What one account is told of one phase, by mail and on its pages.

    Its Message-ID follows from ``reference``, its words from the phase and ``language``, its date from ``planned_at``:
    all fixed before it is sent for the first time, so that a repeat after a crash is the same message again.
    """

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="breach_notices", verbose_name=_("account"), db_index=False
    )
    phase = models.ForeignKey(Phase, models.PROTECT, related_name="notices", verbose_name=_("phase"), db_index=False)
    language = models.CharField(_("language"), max_length=2)
    #: Sent by workers batch by batch: at most one of them has a batch at a time.
    batch = models.PositiveIntegerField(_("batch"))
    planned_at = models.DateTimeField(_("planned at"))

    # On its way: what has a beginning and no end was in flight when a worker stopped, and goes again.
    begun_at = models.DateTimeField(_("begun at"), null=True, blank=True)
    handed_at = models.DateTimeField(_("handed to the mail server at"), null=True, blank=True)
    repeats = models.PositiveSmallIntegerField(_("sent again after a crash"), default=0)
    attempts = models.PositiveSmallIntegerField(_("failed attempts"), default=0)
    retry_at = models.DateTimeField(_("next attempt at"), null=True, blank=True)
    failure = models.CharField(_("failure"), max_length=60, blank=True, default="")
    #: The mail server refused it for good, or it came back.
    failed_at = models.DateTimeField(_("bounced at"), null=True, blank=True)

    # At the other end.
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    read_by = models.UUIDField(_("read by"), null=True, blank=True)
    acknowledged_at = models.DateTimeField(_("acknowledged at"), null=True, blank=True)
    acknowledged_by = models.UUIDField(_("acknowledged by"), null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice of a breach")
        verbose_name_plural = _("notices of breaches")
        constraints = [models.UniqueConstraint(name="breach_notice_once", fields=["account", "phase"])]
        indexes = [
            models.Index(fields=["phase", "id"], name="breach_notice_of_phase"),
            models.Index(
                fields=["phase", "batch", "id"], name="breach_notice_to_send",
                condition=Q(handed_at__isnull=True, failed_at__isnull=True),
            ),
            models.Index(fields=["account"], name="breach_notice_unread", condition=Q(read_at__isnull=True)),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.reference)[:8]
