"""The return of all data of an account to its main user (§6)."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from cannonworks.deadlines import Deadline, compute, kind_named, last_day_before
from cannonworks.storage import AccountFileField
from rights.querysets import DataReturnQuerySet
from rights.states import RETURNS_UNDER_WAY, ReturnState


class DataReturn(models.Model):
    """One return of everything that is kept of an account; its files are ``ReturnFile`` s, put together as it is taken.

    ``due_at`` is the first moment after the fifteen days of §6.
    """

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="returns", verbose_name=_("account"), db_index=False
    )
    asked_by = models.UUIDField(_("asked by"), editable=False, help_text=_("The random reference of the main user."))
    language = models.CharField(_("language"), max_length=2, default="nl")
    state = models.CharField(_("state"), max_length=10, choices=ReturnState.choices, default=ReturnState.QUEUED)
    why = models.CharField(_("stopped because"), max_length=40, blank=True, default="")
    asked_at = models.DateTimeField(_("asked at"))
    due_at = models.DateTimeField(_("due at"))
    moved_at = models.DateTimeField(_("last moved at"), help_text=_("When its state or its progress last changed."))
    ready_at = models.DateTimeField(_("ready at"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    taken_at = models.DateTimeField(_("first taken at"), null=True, blank=True)
    reminded_at = models.DateTimeField(_("staff reminded at"), null=True, blank=True)
    rows_done = models.PositiveBigIntegerField(_("rows done"), default=0)
    rows_total = models.PositiveBigIntegerField(_("rows in all"), default=0)

    objects = DataReturnQuerySet.as_manager()

    class Meta:
        verbose_name = _("return of data")
        verbose_name_plural = _("returns of data")
        constraints = [
            models.UniqueConstraint(
                name="return_one_at_a_time", fields=["account"], condition=Q(state__in=RETURNS_UNDER_WAY)
            ),
            models.CheckConstraint(
                name="return_ready_has_its_moments",
                condition=~Q(state="ready") | Q(ready_at__isnull=False, expires_at__isnull=False),
            ),
            models.CheckConstraint(
                name="return_stopped_says_why",
                condition=Q(state="stopped") & ~Q(why="") | ~Q(state="stopped") & Q(why=""),
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="return_of_account"),
            models.Index(fields=["due_at"], name="return_under_way", condition=Q(state__in=RETURNS_UNDER_WAY)),
            models.Index(fields=["expires_at"], name="return_expires", condition=Q(state="ready")),
        ]

    def __str__(self) -> str:
        return str(self.reference)[:8]

    @property
    def is_under_way(self) -> bool:
        return self.state in RETURNS_UNDER_WAY

    @property
    def deadline(self) -> Deadline:
        """Our clock, explained."""
        return compute(kind_named("data_return"), self.asked_at)

    @property
    def last_day(self) -> date:
        """Of a return that is or was ready: the last day on which it can be taken."""
        assert self.expires_at is not None  # noqa: S101  as the database has it
        return last_day_before(self.expires_at)

    def can_be_taken(self, at: datetime) -> bool:
        """Whether it is there at this moment; the job that removes it comes by later."""
        return self.state == ReturnState.READY and self.expires_at is not None and at < self.expires_at

    @property
    def percent(self) -> int:
        """How much of it is done, 0 to 100."""
        return min(100, 100 * self.rows_done // self.rows_total) if self.rows_total else 0


class ReturnFile(models.Model):
    """One finished file of a return, sealed under the account's key; a worker that is killed goes on with the next."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    of = models.ForeignKey(DataReturn, models.CASCADE, related_name="files")
    name = models.CharField(_("name in the archive"), max_length=120)
    file = AccountFileField()
    size = models.PositiveBigIntegerField(_("bytes"))
    digest = models.CharField(_("SHA-256"), max_length=64)
    #: CRC-32, by which an archive with it can be put together without reading it twice.
    crc = models.PositiveBigIntegerField(default=0, db_default=0)
    rows = models.PositiveBigIntegerField(_("rows"), default=0)
    #: The key of its last row, where the table may go on in another file; of a PDF that of the document.
    upto = models.BigIntegerField(null=True)
    #: The moment that it shows: all rows of it as they were then, and those of the files that belong to it.
    read_at = models.DateTimeField(_("read at"), db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(name="return_file_once", fields=["of", "name"])]
        indexes = [models.Index(fields=["account"], name="return_file_of_account")]

    def __str__(self) -> str:
        return self.name
