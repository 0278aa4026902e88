"""Mails about reported breaches, to staff and to the holder: planned with what they tell of, sent by the post."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from breaches.querysets import MailQuerySet


class BreachMail(models.Model):
    """One mail: what it tells (``template``), of which row, and to whom; its words are written as it is sent."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    about = models.UUIDField(_("about"), help_text=_("The random reference of what it tells of."))
    template = models.CharField(_("mail"), max_length=40)
    #: The member of staff who gets it; None: the main user of the account, or our desk where nobody else can.
    reader = models.UUIDField(_("reader"), null=True, blank=True)
    planned_at = models.DateTimeField(_("planned at"))
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("failed attempts"), default=0)
    retry_at = models.DateTimeField(_("next attempt at"), null=True, blank=True)
    failure = models.CharField(_("failure"), max_length=60, blank=True, default="")

    objects = MailQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail about a breach")
        verbose_name_plural = _("mails about breaches")
        indexes = [
            models.Index(fields=["account"], name="breach_mail_of_account"),
            models.Index(fields=["planned_at"], name="breach_mail_ages"),
            models.Index(fields=["id"], name="breach_mail_to_send", condition=Q(sent_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.template} {str(self.about)[:8]}"
