"""Accounts that a breach touches: how they were chosen, the frozen list, and each one's own 48 hours (§13)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from breaches.models.breaches import Breach
from breaches.querysets import AffectedQuerySet


class Selection(models.Model):
    """How accounts came onto the list of a breach: what was looked for, and how many it added; it is never changed."""

    breach = models.ForeignKey(Breach, models.PROTECT, related_name="selections", verbose_name=_("breach"))
    #: As ``selecting.Criteria`` writes itself; references of accounts, categories, days. No names.
    criteria = models.JSONField(_("looked for"))
    reason = models.CharField(_("why these"), max_length=200, blank=True, default="")
    #: When it was noticed that these are affected: their own 48 hours run from it.
    noticed_at = models.DateTimeField(_("noticed at"))
    found = models.PositiveIntegerField(_("accounts found"))
    added = models.PositiveIntegerField(_("accounts added"))
    digest = models.CharField(_("digest of the references added"), max_length=71)
    frozen_by = models.UUIDField(_("frozen by"))
    frozen_at = models.DateTimeField(_("frozen at"))

    class Meta:
        verbose_name = _("selection of accounts")
        verbose_name_plural = _("selections of accounts")

    def __str__(self) -> str:
        return f"{self.breach_id}: {self.added}"


class Affected(models.Model):
    """One account on the list of a breach, with its own clock of 48 hours."""

    account = models.ForeignKey(
        Account, models.PROTECT, related_name="affected_by", verbose_name=_("account"), db_index=False
    )
    breach = models.ForeignKey(
        Breach, models.PROTECT, related_name="affected", verbose_name=_("breach"), db_index=False
    )
    selection = models.ForeignKey(
        Selection, models.PROTECT, related_name="+", verbose_name=_("selection of accounts"), db_index=False
    )
    noticed_at = models.DateTimeField(_("noticed at"))
    due_at = models.DateTimeField(_("to be told by"))
    #: The first notice was handed to a mail server, which took it.
    told_at = models.DateTimeField(_("told at"), null=True, blank=True)
    #: Nobody can be told any more: the account was erased before its notice could go.
    excused_at = models.DateTimeField(_("cannot be told since"), null=True, blank=True)

    objects = AffectedQuerySet.as_manager()

    class Meta:
        verbose_name = _("affected account")
        verbose_name_plural = _("affected accounts")
        constraints = [
            models.UniqueConstraint(name="affected_once", fields=["account", "breach"]),
            models.CheckConstraint(name="affected_due_after_noticed", condition=Q(due_at__gt=F("noticed_at"))),
        ]
        indexes = [
            models.Index(fields=["breach", "id"], name="affected_of_breach"),
            models.Index(
                fields=["breach", "due_at"], name="affected_untold",
                condition=Q(told_at__isnull=True, excused_at__isnull=True),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.breach_id}: {self.account_id}"
