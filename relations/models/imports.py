"""Files with relations or employees that an account holder brings in: what becomes of them, row by row (§4, §19)."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from cannonworks.storage import AccountFileField
from relations.models.people import PEOPLE, Person
from relations.querysets import ImportQuerySet


class What(models.TextChoices):
    """Of whom a file tells: the kind of people, in the plural."""

    RELATIONS = "relations", _("Relations")
    EMPLOYEES = "employees", _("Employees")

    @property
    def model(self) -> type[Person]:
        return PEOPLE[self.value.removesuffix("s")]


class ImportState(models.TextChoices):
    DRAFT = "draft", _("To be checked")
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Under way")
    DONE = "done", _("Done")
    STOPPED = "stopped", _("Stopped")


UNDER_WAY = (ImportState.QUEUED, ImportState.RUNNING)


class Import(models.Model):
    """One file that somebody brought in, sealed under the account's key, and how far it is taken in."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="imports", db_index=False)
    asked_by = models.UUIDField(_("user"), help_text=_("The random reference of who brought the file."))
    what = models.CharField(_("what"), max_length=10, choices=What.choices)
    state = models.CharField(_("state"), max_length=10, choices=ImportState.choices, default=ImportState.DRAFT)
    why = models.CharField(_("stopped because"), max_length=40, blank=True, default="")
    file = AccountFileField()
    separator = models.CharField(max_length=1)
    columns = ArrayField(models.CharField(max_length=20, blank=True), help_text=_("The field of each column, or none."))
    takes_known = models.BooleanField(_("also take who is there already"), default=False)
    made_at = models.DateTimeField(_("made at"))
    moved_at = models.DateTimeField(_("last moved at"), help_text=_("When its state or its place last changed."))
    # Of the stored text: its length and the place from which to go on in bytes, and lines.
    size = models.PositiveBigIntegerField()
    position = models.PositiveBigIntegerField()
    lines = models.PositiveIntegerField(_("lines"), help_text=_("Of the file; a row may take several."))
    line = models.PositiveIntegerField(_("line"), default=1, help_text=_("The number of the line at the position."))
    added = models.PositiveIntegerField(_("added"), default=0)
    known = models.PositiveIntegerField(_("there already"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        indexes = [models.Index(fields=["account", "asked_by", "id"], name="import_of_account")]
        constraints = [
            models.CheckConstraint(name="import_within_its_file", condition=Q(position__lte=F("size"))),
            models.UniqueConstraint(
                name="import_one_at_a_time", fields=["account"], condition=Q(state__in=["queued", "running"])
            ),
            models.CheckConstraint(
                name="import_stopped_says_why",
                condition=Q(state="stopped") & ~Q(why="") | ~Q(state="stopped") & Q(why=""),
            ),
        ]

    def __str__(self) -> str:
        return str(self.reference)

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY

    @property
    def percent(self) -> int:
        """How much of the file was gone through, 0 to 100."""
        return 100 * self.position // self.size if self.size else 100

    @property
    def rows_ahead(self) -> int:
        """Lines that were not gone through; a row may take several of them."""
        return self.lines - self.line + 1

    @property
    def seen(self) -> int:
        """Rows that were gone through."""
        return self.added + self.known + self.refused


class Refusal(models.Model):
    """A row of a file that was not taken, or taken for known: where it stands, and why. Nothing of what it says."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    of = models.ForeignKey(Import, models.CASCADE, related_name="refusals", db_index=False)
    line = models.PositiveIntegerField()
    position = models.PositiveBigIntegerField()
    #: [[field, code], …]
    problems: Any = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(name="refusal_once_of_a_line", fields=["of", "line"])]
        indexes = [models.Index(fields=["account"], name="refusal_of_account")]

    def __str__(self) -> str:
        return str(self.line)
