"""What was given of a disclosure: the file with exactly what was decided, and how many there were in a year (§8)."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from cannonworks.deadlines import last_day_before
from cannonworks.storage import AccountFileField
from processors.models.disclosures import Asker, Disclosure


class ExtractState(models.TextChoices):
    """How far an extract is."""

    QUEUED = "queued", _("Being made")
    READY = "ready", _("Ready to download")
    TAKEN = "taken", _("Downloaded")
    EXPIRED = "expired", _("Removed, nobody took it")
    STOPPED = "stopped", _("Could not be made")


#: There is one of these at most for a disclosure.
OPEN = (ExtractState.QUEUED, ExtractState.READY)
#: Of these there is, or was, a file.
MADE = (ExtractState.READY, ExtractState.TAKEN, ExtractState.EXPIRED)


class Extract(models.Model):
    """One making of the file of a disclosure: what is proven of it when the file is gone, without anything in it."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    disclosure = models.ForeignKey(Disclosure, models.PROTECT, related_name="extracts", verbose_name=_("disclosure"))
    account_reference = models.UUIDField(_("account"), db_index=True)
    state = models.CharField(_("state"), max_length=8, choices=ExtractState.choices, default=ExtractState.QUEUED)
    why = models.CharField(_("stopped because"), max_length=20, blank=True, default="")
    asked_by = models.UUIDField(_("asked by"))
    asked_at = models.DateTimeField(_("asked at"))
    made_at = models.DateTimeField(_("made at"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    digest = models.CharField(_("SHA-256"), max_length=64, blank=True, default="")
    size = models.PositiveBigIntegerField(_("bytes"), default=0)
    records = models.PositiveBigIntegerField(_("number of records"), default=0)
    taken_at = models.DateTimeField(_("downloaded at"), null=True, blank=True)
    taken_by = models.UUIDField(_("downloaded by"), null=True, blank=True)

    class Meta:
        verbose_name = _("extract for a disclosure")
        verbose_name_plural = _("extracts for disclosures")
        constraints = [
            models.UniqueConstraint(name="extract_one_at_a_time", fields=["disclosure"], condition=Q(state__in=OPEN)),
            models.CheckConstraint(name="extract_state_known", condition=Q(state__in=ExtractState.values)),
            models.CheckConstraint(
                name="extract_made_is_proven",
                condition=Q(state__in=MADE, made_at__isnull=False, expires_at__isnull=False) & ~Q(digest="")
                | Q(state__in=(ExtractState.QUEUED, ExtractState.STOPPED), made_at__isnull=True, digest=""),
            ),
            models.CheckConstraint(
                name="extract_taken_by_somebody",
                condition=Q(state=ExtractState.TAKEN, taken_at__isnull=False, taken_by__isnull=False)
                | ~Q(state=ExtractState.TAKEN) & Q(taken_at__isnull=True, taken_by__isnull=True),
            ),
            models.CheckConstraint(
                name="extract_stopped_says_why",
                condition=Q(state=ExtractState.STOPPED) & ~Q(why="") | ~Q(state=ExtractState.STOPPED) & Q(why=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What it is called when somebody keeps it: ``disclosure-1a2b3c4d.zip``."""
        return f"disclosure-{str(self.reference)[:8]}.zip"

    @property
    def last_day(self) -> date | None:
        """The last day on which it can be downloaded, once it was made."""
        return last_day_before(self.expires_at) if self.expires_at else None

    def can_be_taken(self, at: datetime) -> bool:
        """Whether it is there at this moment; the job that removes it comes by later."""
        return self.state == ExtractState.READY and self.expires_at is not None and at < self.expires_at


class ExtractFile(models.Model):
    """The file itself, sealed under the account's key: gone once it was taken, when it is too old, and with the key."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    #: By reference: the extract stays when this goes.
    extract = models.UUIDField(_("extract"), unique=True)
    file = AccountFileField()
    made_at = models.DateTimeField(_("made at"))

    class Meta:
        verbose_name = _("file for a disclosure")
        verbose_name_plural = _("files for disclosures")
        indexes = [models.Index(fields=["account"], name="extract_file_of_account")]

    def __str__(self) -> str:
        return str(self.extract)


class DisclosureCount(models.Model):
    """How many requests of one kind of asker came in a year, and what came of them: numbers, of nobody."""

    year = models.PositiveSmallIntegerField(_("year"))
    asker = models.CharField(_("who asked"), max_length=10, choices=Asker.choices)
    granted = models.PositiveIntegerField(_("granted"), default=0)
    in_part = models.PositiveIntegerField(_("granted in part"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    waiting = models.PositiveIntegerField(_("not decided yet"), default=0)
    counted_on = models.DateField(_("counted on"))

    class Meta:
        verbose_name = _("yearly count of disclosures")
        verbose_name_plural = _("yearly counts of disclosures")
        constraints = [
            models.UniqueConstraint(name="disclosure_count_once", fields=["year", "asker"]),
            models.CheckConstraint(name="disclosure_count_asker_known", condition=Q(asker__in=Asker.values)),
        ]

    def __str__(self) -> str:
        return f"{self.year} {self.asker}"
