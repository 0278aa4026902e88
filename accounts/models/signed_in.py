"""Browsers and devices that are signed in, and accounts that staff have open (§1, §7)."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import F, Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from knox.settings import CONSTANTS

from accounts.models.account import Account
from accounts.models.people import User
from accounts.querysets import DeviceTokenQuerySet, SessionQuerySet, SupportAccessQuerySet
from cannonworks.nameless import check_ticket, without_people


class Session(AbstractBaseSession):
    """A signed-in browser; carries its account, so that an erasure ends it with the rest."""

    account = models.ForeignKey(Account, models.PROTECT, null=True, related_name="sessions")
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="sessions")
    signed_in_at = models.DateTimeField(null=True)
    ip_address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True, default="")

    objects = SessionQuerySet.as_manager()  # type: ignore[misc, assignment]

    class Meta(AbstractBaseSession.Meta):  # type: ignore[name-defined]
        abstract = False

    @classmethod
    def get_session_store_class(cls) -> type:
        from accounts.sessions import SessionStore

        return SessionStore

    @property
    def handle(self) -> str:
        """A name for this session that may be shown: the key itself would let anybody in."""
        return salted_hmac("accounts.session", self.session_key, algorithm="sha256").hexdigest()[:24]


class DeviceToken(models.Model):
    """A device that signs in by itself (§1). The token is shown once; here is its SHA-512 digest."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="device_tokens", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="device_tokens")
    name = models.CharField(_("name of the device"), max_length=60)
    # Not the primary key, as it is in the library's own table: who lists or removes a device need not see it.
    digest = models.CharField(max_length=CONSTANTS.DIGEST_LENGTH, unique=True)
    created = models.DateTimeField(_("made at"))
    expiry = models.DateTimeField(_("expires at"))
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)

    objects = DeviceTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        indexes = [
            models.Index(fields=["account", "user", "id"], name="token_of_account"),
            models.Index(fields=["expiry"], name="token_by_expiry"),
        ]
        constraints = [models.CheckConstraint(name="token_expires_later", condition=Q(expiry__gt=F("created")))]

    def __str__(self) -> str:
        return self.name


class SupportAccess(models.Model):
    """A member of staff looks into an account: for a ticket, with a reason, for a limited time (§1, §7)."""

    reference = models.UUIDField(_("reference"), default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="support_accesses", verbose_name=_("account"))
    staff = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("member of staff"))
    role = models.CharField(_("role"), max_length=120, help_text=_("Of the member of staff, at that time."))
    ticket = models.CharField(_("ticket"), max_length=40, validators=[check_ticket, without_people])
    reason = models.CharField(_("reason"), max_length=200, validators=[without_people])
    opened_at = models.DateTimeField(_("opened at"))
    ends_at = models.DateTimeField(_("ends at"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    objects = SupportAccessQuerySet.as_manager()

    class Meta:
        verbose_name = _("opened account")
        verbose_name_plural = _("opened accounts")
        constraints = [
            models.CheckConstraint(name="support_access_ends", condition=Q(ends_at__gt=F("opened_at"))),
            models.CheckConstraint(
                name="support_access_closed_in_its_time",
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=F("opened_at"), closed_at__lte=F("ends_at")),
            ),
            models.CheckConstraint(name="support_access_says_why", condition=~Q(ticket="") & ~Q(reason="")),
            models.UniqueConstraint(
                name="support_access_once_at_a_time", fields=["staff", "account"], condition=Q(closed_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.ticket

    def runs(self, at: datetime) -> bool:
        """Whether it lets look at that moment; at the very moment of its end it does not."""
        return self.closed_at is None and at < self.ends_at
