"""Access to the database itself, for a calamity or an upgrade: asked, approved by another, over by itself (§10)."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from cannonworks.nameless import without_people
from processors.querysets import GlassQuerySet

#: The longest that one login works; who needs more asks again.
MOST_HOURS = 8
#: For so long a request, and its approval, is good.
GOOD_FOR = timedelta(hours=24)


class Ground(models.TextChoices):
    """The only two for which administrators of servers and database may reach data (§10)."""

    CALAMITY = "calamity", _("Calamity")
    UPGRADE = "upgrade", _("Upgrade")


class GlassStage(models.TextChoices):
    """Where a request stands; computed from its moments."""

    ASKED = "asked", _("Waits for approval")
    REFUSED = "refused", _("Refused")
    LAPSED = "lapsed", _("Lapsed")
    APPROVED = "approved", _("Approved")
    OPEN = "open", _("Open now")
    OVER = "over", _("Over, to be accounted for")
    TELLING = "telling", _("Being reported")
    REPORTED = "reported", _("Reported")


class Glass(models.Model):
    """One time that an administrator of servers or database may look: why, what, who agreed, until when, what was done.

    The database holds each step to the one before it; login, beginning and end are written by its functions alone.
    """

    reference = models.UUIDField(_("reference"), default=uuid.uuid4, unique=True, editable=False)
    ground = models.CharField(_("ground"), max_length=8, choices=Ground.choices)
    reason = models.CharField(_("reason"), max_length=300, validators=[without_people])
    is_whole = models.BooleanField(_("whole database"), default=False)
    may_write = models.BooleanField(_("may change data"), default=False)
    hours = models.PositiveSmallIntegerField(_("hours"))
    asked_by = models.UUIDField(_("asked by"))
    asked_at = models.DateTimeField(_("asked at"))
    approved_by = models.UUIDField(_("approved by"), null=True, blank=True)
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    refused_by = models.UUIDField(_("refused by"), null=True, blank=True)
    refused_at = models.DateTimeField(_("refused at"), null=True, blank=True)
    login = models.CharField(_("login"), max_length=63, blank=True, default="")
    opened_at = models.DateTimeField(_("opened at"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends at"), null=True, blank=True)
    #: First and last time that the database saw it connected.
    connected_at = models.DateTimeField(_("first connected at"), null=True, blank=True)
    seen_at = models.DateTimeField(_("last seen at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    #: When nothing was left of the login.
    dropped_at = models.DateTimeField(_("login removed at"), null=True, blank=True)
    done = models.CharField(_("what was done"), max_length=600, blank=True, default="", validators=[without_people])
    accounted_by = models.UUIDField(_("accounted for by"), null=True, blank=True)
    accounted_at = models.DateTimeField(_("accounted for at"), null=True, blank=True)
    #: The last account that was told, where all are.
    told_upto = models.BigIntegerField(default=0)
    reported_at = models.DateTimeField(_("reported to account holders at"), null=True, blank=True)

    objects = GlassQuerySet.as_manager()

    class Meta:
        verbose_name = _("emergency access")
        verbose_name_plural = _("emergency accesses")
        permissions = [("approve_glass", "Can approve emergency access")]
        constraints = [
            models.CheckConstraint(name="glass_ground_known", condition=Q(ground__in=Ground.values)),
            models.CheckConstraint(name="glass_says_why", condition=~Q(reason="")),
            models.CheckConstraint(name="glass_ends_within_hours", condition=Q(hours__gte=1, hours__lte=MOST_HOURS)),
            models.CheckConstraint(
                name="glass_approved_by_somebody_else",
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(approved_by__isnull=False, approved_at__isnull=False) & ~Q(approved_by=F("asked_by")),
            ),
            models.CheckConstraint(
                name="glass_refused_by_somebody",
                condition=Q(refused_by__isnull=True, refused_at__isnull=True)
                | Q(refused_by__isnull=False, refused_at__isnull=False),
            ),
            models.CheckConstraint(
                name="glass_opened_when_approved",
                condition=Q(opened_at__isnull=True, ends_at__isnull=True, login="", closed_at__isnull=True)
                | Q(opened_at__isnull=False, ends_at__isnull=False, approved_at__isnull=False, refused_at__isnull=True)
                & ~Q(login=""),
            ),
            models.CheckConstraint(
                name="glass_over_in_its_time",
                condition=Q(ends_at__isnull=True)
                | Q(ends_at__gt=F("opened_at"), ends_at__lte=F("opened_at") + timedelta(hours=MOST_HOURS)),
            ),
            models.CheckConstraint(
                name="glass_closed_in_its_time",
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=F("opened_at"), closed_at__lte=F("ends_at")),
            ),
            models.CheckConstraint(
                name="glass_accounted_in_words",
                condition=Q(accounted_at__isnull=True, accounted_by__isnull=True, done="")
                | Q(accounted_at__isnull=False, accounted_by__isnull=False, closed_at__isnull=False) & ~Q(done=""),
            ),
            models.CheckConstraint(
                name="glass_reported_once_accounted",
                condition=Q(reported_at__isnull=True) | Q(accounted_at__isnull=False),
            ),
            models.UniqueConstraint(name="glass_login_once", fields=["login"], condition=~Q(login="")),
        ]

    def __str__(self) -> str:
        return str(self.reference)[:8]

    @property
    def good_until(self) -> datetime:
        """Until when it can be approved, and its login made."""
        return self.asked_at + GOOD_FOR

    def stage(self, at: datetime) -> GlassStage:
        """Where it stands at a moment; at the very moment of its end it is over."""
        if self.refused_at:
            return GlassStage.REFUSED
        if self.opened_at is None:
            waiting = GlassStage.APPROVED if self.approved_at else GlassStage.ASKED
            return waiting if at < self.good_until else GlassStage.LAPSED
        if self.closed_at is None and self.ends_at and at < self.ends_at:
            return GlassStage.OPEN
        if self.accounted_at is None:
            return GlassStage.OVER
        return GlassStage.REPORTED if self.reported_at else GlassStage.TELLING


class GlassAccount(models.Model):
    """An account that a login saw: chosen beforehand, or one of all, and told of it."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    glass = models.ForeignKey(Glass, models.PROTECT, related_name="accounts", verbose_name=_("emergency access"))
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="glasses", db_index=False, verbose_name=_("account")
    )
    is_chosen = models.BooleanField(_("chosen beforehand"), default=True)
    told_at = models.DateTimeField(_("told at"), null=True, blank=True)

    class Meta:
        verbose_name = _("account in emergency access")
        verbose_name_plural = _("accounts in emergency access")
        constraints = [models.UniqueConstraint(name="glass_account_once", fields=["account", "glass"])]

    def __str__(self) -> str:
        return f"{self.glass} {self.account}"


class GlassChange(models.Model):
    """A row that such a login added, changed or took away: written by the database itself, without what was in it."""

    glass = models.ForeignKey(Glass, models.PROTECT, related_name="changes", verbose_name=_("emergency access"))
    at = models.DateTimeField(_("at"))
    verb = models.CharField(_("what"), max_length=6)
    table = models.CharField(_("table"), max_length=63)
    key = models.CharField(_("key of the row"), max_length=60)
    account_reference = models.UUIDField(_("account"), null=True, db_index=True)

    class Meta:
        verbose_name = _("change in emergency access")
        verbose_name_plural = _("changes in emergency access")

    def __str__(self) -> str:
        return f"{self.verb} {self.table}"
