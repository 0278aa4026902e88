"""The newsletter: who gets it, who will not, its issues, and who got which (§2, Telecommunicatiewet 11.7)."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account
from accounts.models.people import User


class Subscriber(models.Model):
    """A user of an account who gets the newsletter or not, or the confirmed address of somebody who asked for it."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, null=True, related_name="subscribers")
    user = models.OneToOneField(User, models.CASCADE, null=True, related_name="subscriber")
    #: Of who has no account, in lower case; a user gets it where they sign in.
    email = models.EmailField(_("e-mail"), blank=True, default="")
    language = models.CharField(max_length=2, default="nl")
    wanted = models.BooleanField(_("wants the newsletter"))
    changed_at = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("subscriber")
        verbose_name_plural = _("subscribers")
        constraints = [
            models.CheckConstraint(
                name="subscriber_is_a_user_or_an_address",
                condition=Q(account__isnull=False, user__isnull=False, email="")
                | Q(account__isnull=True, user__isnull=True, wanted=True) & ~Q(email=""),
            ),
            models.UniqueConstraint(name="subscriber_of_an_address", fields=["email"], condition=~Q(email="")),
        ]

    def __str__(self) -> str:
        return str(self.reference)[:8]

    @property
    def address(self) -> str:
        """Where the newsletter goes."""
        return self.user.email if self.user else self.email


class Suppression(models.Model):
    """A keyed hash of an address that wants no newsletter: outside any account, so that it outlives each (§2)."""

    hashed = models.BinaryField(unique=True)
    since = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.since)


class NewsletterState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")


class Newsletter(models.Model):
    """One issue, written by staff in both languages. ``totals``: what became of its mails, once it is sent."""

    reference = models.UUIDField(_("reference"), default=uuid.uuid4, unique=True, editable=False)
    subject_nl = models.CharField(_("subject in Dutch"), max_length=150)
    text_nl = models.TextField(_("text in Dutch"))
    subject_en = models.CharField(_("subject in English"), max_length=150)
    text_en = models.TextField(_("text in English"))
    state = models.CharField(
        _("state"), max_length=8, choices=NewsletterState.choices, default=NewsletterState.DRAFT, editable=False
    )
    started_at = models.DateTimeField(_("sending began"), null=True, editable=False)
    planned_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(_("sending ended"), null=True, editable=False)
    totals = models.JSONField(null=True, editable=False)

    class Meta:
        verbose_name = _("newsletter")
        verbose_name_plural = _("newsletters")
        constraints = [
            models.CheckConstraint(
                name="newsletter_has_the_moments_of_its_state",
                condition=Q(state="draft", started_at__isnull=True, finished_at__isnull=True)
                | Q(state="sending", started_at__isnull=False, finished_at__isnull=True)
                | Q(state="sent", started_at__isnull=False, finished_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return in_language(self.subject_nl, self.subject_en)


class MailState(models.TextChoices):
    """``BEGUN``: handed to the mail server, of which nothing was heard. It may have gone, so it is never sent again."""

    WAITING = "waiting", _("waiting")
    BEGUN = "begun", _("unknown")
    SENT = "sent", _("sent")
    REFUSED = "refused", _("refused by the mail server")
    SKIPPED = "skipped", _("no longer wanted")


class NewsletterMail(models.Model):
    """One issue for one subscriber: planned before, begun while, and kept for a while after (``rules.AGES``)."""

    newsletter = models.ForeignKey(Newsletter, models.PROTECT, related_name="mails")
    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="mails")
    state = models.CharField(max_length=8, choices=MailState.choices, default=MailState.WAITING)
    state_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="newsletter_once_each", fields=["newsletter", "subscriber"])]
        indexes = [models.Index(fields=["newsletter", "id"], name="newsletter_waiting", condition=Q(state="waiting"))]

    def __str__(self) -> str:
        return f"{self.newsletter_id}: {self.state}"


def in_language(dutch: str, english: str) -> str:
    """The one of two texts in the language that is spoken now."""
    return english if (get_language() or "").startswith("en") else dutch
