"""Registered letters by which a main user orders erasure at once (§5.5, §6)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, ErasureRequest
from rights.querysets import LetterQuerySet


class RegisteredLetter(models.Model):
    """A registered letter that came in; it counts once a second member of staff has confirmed it."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="letters", verbose_name=_("account"))
    request = models.OneToOneField(ErasureRequest, models.PROTECT, related_name="letter", verbose_name=_("request"))
    carrier_number = models.CharField(_("carrier's number"), max_length=40)
    received_on = models.DateField(_("received on"))
    identity_check = models.CharField(
        _("identity check"),
        max_length=200,
        help_text=_("How it was checked that the main user sent it. No names."),
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("confirmed by"),
    )
    confirmed_on = models.DateField(_("confirmed on"), null=True, blank=True)

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("registered letter")
        verbose_name_plural = _("registered letters")
        constraints = [
            models.CheckConstraint(
                name="letter_confirmed_by_somebody_else",
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("recorded_by")),
            ),
            models.CheckConstraint(
                name="letter_confirmed_has_its_day",
                condition=Q(confirmed_by__isnull=True, confirmed_on__isnull=True)
                | Q(confirmed_by__isnull=False, confirmed_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.carrier_number
