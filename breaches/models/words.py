"""What data subjects and third parties are told directly: nothing, unless a law or the holder says so (§13)."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from breaches.models.breaches import Breach


class Permission(models.Model):
    """The main user of an account allows us to tell somebody directly of a breach, until it is taken back."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", verbose_name=_("account"), db_index=False)
    breach = models.ForeignKey(
        Breach, models.PROTECT, related_name="permissions", verbose_name=_("breach"), db_index=False
    )
    to_subjects = models.BooleanField(_("to the people whose data it is"), default=False)
    to_others = models.CharField(_("to others"), max_length=200, blank=True, default="")
    given_by = models.UUIDField(_("given by"))
    given_at = models.DateTimeField(_("given at"))
    withdrawn_at = models.DateTimeField(_("taken back at"), null=True, blank=True)

    class Meta:
        verbose_name = _("permission")
        verbose_name_plural = _("permissions")
        constraints = [
            models.UniqueConstraint(
                name="permission_one_at_a_time", fields=["account", "breach"], condition=Q(withdrawn_at__isnull=True)
            ),
            models.CheckConstraint(name="permission_is_to_somebody", condition=Q(to_subjects=True) | ~Q(to_others="")),
        ]

    def __str__(self) -> str:
        return str(self.reference)[:8]


class Audience(models.TextChoices):
    SUBJECTS = "subjects", _("The people whose data it is")
    AUTHORITY = "authority", _("A supervisor, the police or another authority")
    OTHERS = "others", _("Others: press, partners, suppliers")


class DirectWord(models.Model):
    """Something told directly to others than the account holder; recorded before it is told, never without a ground."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    breach = models.ForeignKey(Breach, models.PROTECT, related_name="direct_words", verbose_name=_("breach"))
    audience = models.CharField(_("to whom"), max_length=10, choices=Audience.choices)
    to = models.CharField(_("who exactly"), max_length=200, help_text=_("Bodies or groups, no names of people."))
    text = models.TextField(_("what is told"), max_length=4000)
    #: The law that obliges us, article and all …
    duty = models.CharField(_("legal duty"), max_length=200, blank=True, default="")
    #: … or the permission of the account whose data it is.
    # By its reference: the permission goes with the evidence of the account, the register stays.
    permission = models.UUIDField(_("permission"), null=True, blank=True)
    recorded_by = models.UUIDField(_("recorded by"))
    recorded_at = models.DateTimeField(_("recorded at"))

    class Meta:
        verbose_name = _("direct word")
        verbose_name_plural = _("direct words")
        constraints = [
            models.CheckConstraint(
                name="direct_word_has_a_ground", condition=~Q(duty="") | Q(permission__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return str(self.reference)[:8]
