"""Registered letters by which a main user orders erasure at once (§5.5, §6)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.foureyes import FourEyes, second_person
from accounts.models import Account, ErasureRequest
from cannonworks.storage import AccountFileField
from rights.querysets import LetterQuerySet


class RegisteredLetter(FourEyes):
    """A registered letter that came in; it counts once a second member of staff has confirmed it."""

    PROPOSED_BY = "recorded_by"

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

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("registered letter")
        verbose_name_plural = _("registered letters")
        constraints = second_person("letter", proposed_by="recorded_by")

    def __str__(self) -> str:
        return self.carrier_number

    @property
    def waits_for_return(self) -> bool:
        """Confirmed by both, and the erasure not ordered: the holder's data is returned first (§6)."""
        return bool(self.confirmed_on and not self.request.granted_on and not self.request.withdrawn_on)


class LetterScan(models.Model):
    """What a registered letter looks like, for the second person; it has a name and a signature on it.

    So it is no evidence, which has no names, and it goes with the account; the letter's own row stays behind.
    """

    class Kind(models.TextChoices):
        PDF = "pdf", "PDF"
        JPEG = "jpg", "JPEG"
        PNG = "png", "PNG"

    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    letter = models.OneToOneField(RegisteredLetter, models.PROTECT, related_name="scan")
    file = AccountFileField()
    kind = models.CharField(_("kind"), max_length=3, choices=Kind.choices)
    size = models.PositiveIntegerField(_("bytes"))
    digest = models.CharField(_("SHA-256"), max_length=64)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("added by"))
    added_at = models.DateTimeField(_("added at"))

    class Meta:
        verbose_name = _("scan of a registered letter")
        verbose_name_plural = _("scans of registered letters")
        indexes = [models.Index(fields=["account"], name="letter_scan_of_account")]

    def __str__(self) -> str:
        return str(self.letter)
