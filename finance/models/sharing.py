"""What the holder lets out of CannonWorks: links to a document, who opened them, and mails with it (§3)."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from finance.models.documents import Document
from finance.querysets import LinkQuerySet, MailingQuerySet


class ShareDays(models.IntegerChoices):
    """For how long a link may work."""

    WEEK = 7, _("7 days")
    MONTH = 30, _("30 days")
    QUARTER = 90, _("90 days")


class ShareLink(models.Model):
    """An address by which whoever has it reads one document, until it expires or is revoked; kept as a digest (§3)."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, db_index=False)
    document = models.ForeignKey(Document, models.CASCADE, related_name="links")
    #: SHA-256 of the token, in hexadecimal. Who has the token proves it; nobody can make an address of this.
    digest = models.CharField(max_length=64, unique=True, editable=False)
    made_by = models.UUIDField(editable=False)
    made_at = models.DateTimeField(_("made at"))
    expires_at = models.DateTimeField(_("expires at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    openings = models.PositiveIntegerField(_("opened"), default=0, db_default=0)
    last_opened_at = models.DateTimeField(_("last opened at"), null=True, blank=True)

    objects = LinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        indexes = [
            models.Index(fields=["account", "-id"], name="link_of_account"),
            models.Index(fields=["expires_at"], name="link_expiry"),
        ]
        constraints = [
            models.CheckConstraint(name="link_expires_later", condition=Q(expires_at__gt=F("made_at"))),
        ]

    def __str__(self) -> str:
        return str(self.reference)[:8]


class ShareOpening(models.Model):
    """That a link was opened: when, by what kind of device and what. Not by whom: see docs/decisions/0023."""

    class Device(models.TextChoices):
        PHONE = "phone", _("Phone")
        TABLET = "tablet", _("Tablet")
        COMPUTER = "computer", _("Computer")
        ROBOT = "robot", _("Mail programme or robot")
        UNKNOWN = "unknown", _("Unknown device")

    account = models.ForeignKey(Account, models.PROTECT, db_index=False)
    link = models.ForeignKey(ShareLink, models.CASCADE, related_name="opened", db_index=False)
    opened_at = models.DateTimeField(_("opened at"))
    device = models.CharField(_("device"), max_length=10, choices=Device.choices)
    is_pdf = models.BooleanField(_("PDF"), default=False)

    class Meta:
        verbose_name = _("opening")
        verbose_name_plural = _("openings")
        indexes = [
            models.Index(fields=["link", "-id"], name="opening_of_link"),
            models.Index(fields=["account", "id"], name="opening_of_account"),
        ]

    def __str__(self) -> str:
        return f"{self.link_id}: {self.device}"


class MailingState(models.TextChoices):
    WAITING = "waiting", _("On its way")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Not sent")


class Mailing(models.Model):
    """A document on its way to somebody by mail, with the PDF in it or a link to it (§3)."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, db_index=False)
    document = models.ForeignKey(Document, models.CASCADE, related_name="mailings")
    to = models.EmailField(_("to"))
    message = models.TextField(_("message"), blank=True, max_length=2000)
    #: Without days the PDF goes along; with them a link that works so long, made when the mail is sent.
    days = models.PositiveSmallIntegerField(
        _("days that the link works"), null=True, blank=True, choices=ShareDays.choices
    )
    link = models.OneToOneField(ShareLink, models.SET_NULL, null=True, blank=True, editable=False)
    asked_by = models.UUIDField(editable=False)
    asked_at = models.DateTimeField(_("asked at"))
    state = models.CharField(_("state"), max_length=10, choices=MailingState.choices, default=MailingState.WAITING)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    failure = models.CharField(max_length=60, blank=True)

    objects = MailingQuerySet.as_manager()

    class Meta:
        verbose_name = _("mailing")
        verbose_name_plural = _("mailings")
        indexes = [
            models.Index(fields=["account", "-id"], name="mailing_of_account"),
            models.Index(fields=["asked_at"], name="mailing_waiting", condition=Q(state="waiting")),
        ]
        constraints = [
            models.CheckConstraint(
                name="mailing_sent_has_its_moment",
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at__isnull=True)),
            )
        ]

    def __str__(self) -> str:
        return f"{self.document}: {self.state}"
