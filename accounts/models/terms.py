"""The terms in their versions, who was told of them, and who saw and accepted them (§21)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account
from accounts.querysets import TermsVersionQuerySet


class TermsVersion(models.Model):
    """A version of the terms: a draft until it is published, and from then on unchangeable; a trigger sees to it."""

    number = models.PositiveIntegerField(_("number"), null=True, blank=True, unique=True, editable=False)
    effective_on = models.DateField(_("in force from"), null=True, blank=True)
    summary_nl = models.TextField(_("summary of changes, Dutch"), blank=True)
    summary_en = models.TextField(_("summary of changes, English"), blank=True)
    text_nl = models.TextField(_("text, Dutch"), blank=True)
    text_en = models.TextField(_("text, English"), blank=True)
    digest = models.CharField(_("digest"), max_length=71, blank=True, editable=False)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True, editable=False)
    #: Empty: the version that comes with the installation.
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", editable=False,
        verbose_name=_("published by"),
    )  # fmt: skip
    announced_at = models.DateTimeField(_("announced at"), null=True, blank=True, editable=False)

    objects = TermsVersionQuerySet.as_manager()

    #: What the digest is over: the words that were agreed.
    WORDS = ("summary_nl", "summary_en", "text_nl", "text_en")

    class Meta:
        verbose_name = _("version of the terms")
        verbose_name_plural = _("terms")
        permissions = [("publish_termsversion", "Can publish and announce the terms")]
        constraints = [
            models.CheckConstraint(
                name="terms_published_are_whole",
                condition=Q(published_at__isnull=True, number__isnull=True, announced_at__isnull=True)
                | Q(published_at__isnull=False, number__isnull=False, effective_on__isnull=False)
                & ~(Q(digest="") | Q(summary_nl="") | Q(summary_en="") | Q(text_nl="") | Q(text_en="")),
            ),
        ]

    def __str__(self) -> str:
        return str(_("Version %(number)s") % {"number": self.number} if self.number else _("Draft"))

    @property
    def summary(self) -> str:
        """What changed, in the reader's language (Markdown)."""
        return self.summary_en if get_language() == "en" else self.summary_nl

    @property
    def text(self) -> str:
        """The whole text, in the reader's language (Markdown)."""
        return self.text_en if get_language() == "en" else self.text_nl


class Heed(models.TextChoices):
    """What somebody did with a version."""

    SEEN = "seen", _("Shown")
    ACKNOWLEDGED = "acknowledged", _("Read, as the user said")
    ACCEPTED = "accepted", _("Accepted at sign-up")


class TermsAcknowledgement(models.Model):
    """Proof that a user saw, acknowledged or accepted a version, each with its moment; never changed, and no name."""

    version = models.ForeignKey(
        TermsVersion, models.PROTECT, related_name="heeded", db_index=False, verbose_name=_("version")
    )
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False, verbose_name=_("account"))
    user = models.UUIDField(_("user"))
    kind = models.CharField(_("what"), max_length=12, choices=Heed.choices)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("acknowledgement of the terms")
        verbose_name_plural = _("acknowledgements of the terms")
        constraints = [
            models.UniqueConstraint(fields=["account", "user", "version", "kind"], name="terms_heeded_once"),
            models.CheckConstraint(name="terms_heed_known", condition=Q(kind__in=Heed.values)),
        ]
        indexes = [models.Index(fields=["version", "kind"], name="terms_heeded")]

    def __str__(self) -> str:
        return f"{self.version_id} {self.kind}"


class TermsAnnouncement(models.Model):
    """A version announced to the main user of one account by mail, once; who got it by random reference."""

    version = models.ForeignKey(TermsVersion, models.PROTECT, related_name="announcements", verbose_name=_("version"))
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False, verbose_name=_("account"))
    user = models.UUIDField(_("user"), null=True)
    sent_at = models.DateTimeField(_("sent at"), null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, db_default=0)
    retry_at = models.DateTimeField(_("tried again at"), null=True)
    failure = models.CharField(_("failure"), max_length=60, blank=True, db_default="")

    class Meta:
        verbose_name = _("announcement of the terms")
        verbose_name_plural = _("announcements of the terms")
        constraints = [
            models.UniqueConstraint(fields=["account", "version"], name="terms_announced_once"),
            models.CheckConstraint(
                name="terms_announcement_has_a_reader", condition=Q(sent_at__isnull=True) | Q(user__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="terms_to_announce", condition=Q(sent_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.account_id}"
