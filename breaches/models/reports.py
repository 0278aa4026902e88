"""Breaches that account holders report to us (§13)."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from breaches.models.breaches import Breach, BreachKind
from breaches.querysets import ReportQuerySet


class ReportChannel(models.TextChoices):
    APP = "app", _("In the app")
    PHONE = "phone", _("Phone")
    EMAIL = "e-mail", _("E-mail")
    LETTER = "letter", _("Letter")


class BreachReport(models.Model):
    """What an account holder noticed; staff say which breach of the register it is, or why it is none."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="breach_reports", verbose_name=_("account"), db_index=False
    )
    channel = models.CharField(_("came by"), max_length=6, choices=ReportChannel.choices, default=ReportChannel.APP)
    reported_by = models.UUIDField(_("reported by"), null=True, blank=True)
    recorded_by = models.UUIDField(_("recorded by"), null=True, blank=True)
    reported_at = models.DateTimeField(_("reported at"))
    kind = models.CharField(_("kind"), max_length=12, choices=BreachKind.choices)
    noticed_at = models.DateTimeField(_("noticed at"))
    is_ongoing = models.BooleanField(_("still going on"), default=True)
    what = models.TextField(_("what happened"), max_length=4000)
    which_data = models.TextField(_("which data, of whom"), max_length=2000, blank=True, default="")
    done = models.TextField(_("what was done about it"), max_length=2000, blank=True, default="")
    contact = models.CharField(_("how to reach you"), max_length=200, blank=True, default="")

    breach = models.ForeignKey(
        Breach, models.PROTECT, null=True, blank=True, related_name="reports", verbose_name=_("breach")
    )
    judged_at = models.DateTimeField(_("judged at"), null=True, blank=True)
    judged_by = models.UUIDField(_("judged by"), null=True, blank=True)
    #: Why it is no breach; the holder reads it.
    answer = models.TextField(_("answer"), max_length=2000, blank=True, default="")

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("reported breach")
        verbose_name_plural = _("reported breaches")
        constraints = [
            models.CheckConstraint(
                name="breach_report_judged_has_breach_or_answer",
                condition=Q(judged_at__isnull=True, breach__isnull=True, answer="")
                | Q(judged_at__isnull=False, breach__isnull=False)
                | Q(judged_at__isnull=False, breach__isnull=True) & ~Q(answer=""),
            )
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="breach_report_of_account"),
            models.Index(fields=["reported_at"], name="breach_report_to_judge", condition=Q(judged_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return str(self.reference)[:8]
