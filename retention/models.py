"""What retention keeps in rows: runs of erasure, holds, warnings, alarms and approved rules."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.foureyes import FourEyes, second_person
from accounts.models import Account
from cannonworks.datamap import Category
from relations.querysets import OwnedQuerySet
from retention.querysets import ErasureQuerySet, HoldQuerySet


def categories_field(**options: Any) -> ArrayField:
    return ArrayField(models.CharField(max_length=20, choices=Category.choices), default=list, **options)


class Step(models.IntegerChoices):
    """How far an erasure has come; each step is one transaction, and a killed worker's work goes on from here."""

    CLAIMED = 1, _("Claimed")
    FENCED = 2, _("Fenced off")
    KEY_DESTROYED = 3, _("Key destroyed")
    ROWS_ERASED = 4, _("Rows erased")
    PROVEN = 5, _("Looked through again, nothing found")
    IN_LEDGER = 6, _("In the ledger")
    DONE = 7, _("Done")


class Erasure(models.Model):
    """One run through the one door: these categories of this account, erased and proven gone (§5, §6)."""

    reference = models.UUIDField(_("reference"), default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="erasures", verbose_name=_("account"), db_index=False
    )
    rule = models.CharField(_("rule"), max_length=20)
    clause = models.CharField(_("clause"), max_length=10)
    rules_digest = models.CharField(_("rules"), max_length=80)
    due_on = models.DateField(_("due on"))
    claimed_on = models.DateField(_("claimed on"), db_index=True)
    categories = categories_field(verbose_name=_("categories"))
    held = categories_field(blank=True, verbose_name=_("held back"))
    step = models.PositiveSmallIntegerField(_("step"), choices=Step.choices, default=Step.CLAIMED)
    rows = models.JSONField(_("rows erased"), default=dict, blank=True)
    files = models.JSONField(
        _("files erased"), default=dict, db_default=models.Value({}, models.JSONField()), blank=True
    )
    rescan = models.JSONField(_("re-scan"), null=True, blank=True)
    statement = models.JSONField(_("statement"), null=True, blank=True)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("failed attempts"), default=0)
    retry_at = models.DateTimeField(_("next attempt at"), null=True, blank=True)
    parked_at = models.DateTimeField(_("parked at"), null=True, blank=True)
    failure = models.CharField(_("failure"), max_length=200, blank=True)

    objects = ErasureQuerySet.as_manager()

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        constraints = [
            models.UniqueConstraint(
                name="one_erasure_at_a_time", fields=["account"], condition=Q(done_at__isnull=True)
            ),
            models.CheckConstraint(
                name="erasure_done_has_its_moment", condition=Q(step=Step.DONE) ^ Q(done_at__isnull=True)
            ),
            models.CheckConstraint(
                # A step that was skipped is not a step that succeeded.
                name="erasure_done_only_after_an_empty_rescan",
                condition=Q(step__lt=Step.PROVEN) | Q(rescan__isnull=False, rescan__has_key="found", rescan__found=0),
            ),
        ]
        # No index looks at the step, so that the next step of a run changes its row in place (see the migrations).
        indexes = [
            models.Index(fields=["id"], name="erasure_unfinished", condition=Q(done_at__isnull=True)),
            models.Index(fields=["account", "id"], name="erasure_of_account"),
        ]

    def __str__(self) -> str:
        return str(self.reference)[:8]


class StatementMail(models.Model):
    """Where an erasure statement still has to go; the address is forgotten with the row once it is mailed (§6)."""

    erasure = models.OneToOneField(Erasure, models.CASCADE, related_name="mail")
    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    email = models.EmailField()
    name = models.CharField(max_length=200)
    company_name = models.CharField(max_length=200)
    language = models.CharField(max_length=2)
    attempts = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    made_on = models.DateField()

    def __str__(self) -> str:
        return str(self.erasure)


class Ground(models.TextChoices):
    STATUTORY = "statutory", _("A law makes us keep it")
    PROOF = "proof of obligation", _("Needed to prove what was agreed and done")


class Hold(FourEyes):
    """A stop on the erasure of some categories of an account; it counts once a second person confirmed (§5)."""

    PROPOSED_BY = "placed_by"

    #: By which the ledger names it: its words may not stand there.
    reference = models.UUIDField(_("reference"), default=uuid.uuid4, db_default=RandomUUID(), editable=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="holds", verbose_name=_("account"))
    name = models.CharField(_("name"), max_length=60)
    categories = categories_field(verbose_name=_("categories"))
    ground = models.CharField(_("ground"), max_length=20, choices=Ground.choices)
    basis = models.CharField(
        _("legal basis"), max_length=200, help_text=_("Law and article, or the contract. No names.")
    )
    proportionality = models.TextField(
        _("proportionality"), help_text=_("Why keeping it weighs more than the holder's privacy. No names.")
    )
    review_on = models.DateField(_("review on"))
    placed_on = models.DateField(_("placed on"))
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("placed by")
    )
    released_on = models.DateField(_("released on"), null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("released by"),
    )

    objects = HoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        constraints = [
            models.CheckConstraint(name="hold_has_categories", condition=Q(categories__len__gt=0)),
            *second_person("hold", proposed_by="placed_by"),
            models.CheckConstraint(name="hold_reviewed_after_placing", condition=Q(review_on__gt=F("placed_on"))),
            models.UniqueConstraint(
                name="hold_name_once_per_account",
                fields=["account", "name"],
                condition=Q(released_on__isnull=True),
            ),
        ]
        indexes = [models.Index(fields=["account"], name="hold_open", condition=Q(released_on__isnull=True))]

    def __str__(self) -> str:
        return self.name


class LedgerNote(models.Model):
    """A change of state, order, block or hold of an account that the ledger does not know of yet.

    Written by triggers in the transaction of the change, whoever makes it; gone once the ledger has the account's line.
    """

    account = models.ForeignKey(Account, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return str(self.account_id)


class ErasureWarning(models.Model):
    """A mail to the main user that erasure comes nearer: planned by the sweep, sent by the post (§5)."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="warnings", verbose_name=_("account"))
    erase_on = models.DateField(_("erased on"))
    days = models.PositiveSmallIntegerField(_("days before"))
    planned_on = models.DateField(_("planned on"))
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("failed attempts"), default=0)
    retry_at = models.DateTimeField(_("next attempt at"), null=True, blank=True)
    failure = models.CharField(_("failure"), max_length=200, blank=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("warning")
        verbose_name_plural = _("warnings")
        constraints = [models.UniqueConstraint(fields=["account", "erase_on", "days"], name="warning_once")]
        indexes = [models.Index(fields=["retry_at", "id"], name="warning_to_send", condition=Q(sent_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.account} {self.days}"


class AlarmKind(models.TextChoices):
    TOO_EARLY = "too early", _("Erased before its floor")
    TOO_LATE = "too late", _("Still there after its ceiling")
    RESIDUE = "residue", _("Data left of an erased account")
    VANISHED = "vanished", _("An account is gone without an erasure")
    NOT_CHECKED = "not checked", _("Could not be checked")
    PARKED = "parked", _("An erasure is parked")
    CAP = "cap", _("The nightly cap stopped the sweep")
    STOPPED = "stopped", _("The kill switch is on")
    RULES = "rules", _("Changed rules wait for approval")
    WARNING = "warning", _("A warning could not be sent")
    STATEMENT = "statement", _("A statement could not be delivered")
    REVIEW = "review", _("A hold is past its review date")
    JOURNAL = "journal", _("The journal is not proven")
    REQUEST = "request", _("A request of a data subject waits too long")
    RETURN = "return", _("A return of data is past its term")
    MAIL = "mail", _("A mail about a request could not be sent")
    BACKUP = "backup", _("A backup failed or is missing")
    LEDGER = "ledger", _("The ledger is not as its copies are")


class Alarm(models.Model):
    """Something about retention that staff must look at; raised and cleared by the check, never by hand."""

    kind = models.CharField(_("kind"), max_length=20, choices=AlarmKind.choices)
    about = models.CharField(_("about"), max_length=80, blank=True, help_text=_("A random reference or a table."))
    detail = models.CharField(_("detail"), max_length=300, blank=True)
    raised_at = models.DateTimeField(_("raised at"))
    cleared_at = models.DateTimeField(_("cleared at"), null=True, blank=True)

    class Meta:
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "about"],
                name="alarm_once_while_it_lasts",
                condition=Q(cleared_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.about}".strip()


class RulesApproval(models.Model):
    """A version of the rules under which the sweep may erase: the first one, or approved by staff after a dry run."""

    digest = models.CharField(_("rules"), max_length=80, unique=True)
    approved_at = models.DateTimeField(_("approved at"))
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("approved by"),
    )
    would_erase = models.PositiveIntegerField(_("accounts in the dry run"), default=0)

    class Meta:
        verbose_name = _("approval of rules")
        verbose_name_plural = _("approvals of rules")

    def __str__(self) -> str:
        return self.digest[:19]
