"""Mails about what is done under the agreement: planned with the step that they tell of, sent from the outbox."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account
from accounts.querysets import MailQuerySet


class PlannedMail(models.Model):
    """One mail: what it tells (``template``), of what, and to whom; its words are written as it is sent."""

    account = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+", db_index=False)
    about = models.UUIDField(_("about"), help_text=_("The random reference of what it tells of."))
    #: The member of staff who gets it; None: whom the mail of this name is for by itself.
    reader = models.UUIDField(_("reader"), null=True, blank=True)
    template = models.CharField(_("mail"), max_length=60)
    planned_at = models.DateTimeField(_("planned at"))
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("failed attempts"), default=0)
    retry_at = models.DateTimeField(_("next attempt at"), null=True, blank=True)
    failure = models.CharField(_("failure"), max_length=60, blank=True, default="")

    objects = MailQuerySet.as_manager()

    class Meta:
        verbose_name = _("planned mail")
        verbose_name_plural = _("planned mails")
        indexes = [
            models.Index(fields=["account"], name="planned_mail_of_account", condition=Q(account__isnull=False)),
            models.Index(fields=["about", "id"], name="planned_mail_about"),
            models.Index(fields=["planned_at"], name="planned_mail_ages"),
            models.Index(fields=["id"], name="planned_mail_to_send", condition=Q(sent_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.template} {str(self.about)[:8]}"
