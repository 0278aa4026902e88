"""Notices within the account: updates and new services, told by staff in both languages (§1)."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.newsletter import in_language
from accounts.models.people import User
from accounts.querysets import NoticeQuerySet


class Notice(models.Model):
    """Something that every user of an account is told, from its first day until its last or until they put it away."""

    reference = models.UUIDField(_("reference"), default=uuid.uuid4, unique=True, editable=False)
    title_nl = models.CharField(_("title in Dutch"), max_length=100)
    text_nl = models.TextField(_("text in Dutch"), max_length=2000)
    title_en = models.CharField(_("title in English"), max_length=100)
    text_en = models.TextField(_("text in English"), max_length=2000)
    shown_from = models.DateField(_("shown from"))
    shown_until = models.DateField(
        _("shown until"), null=True, blank=True, help_text=_("The last day; empty: until everybody has put it away.")
    )

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        indexes = [models.Index(fields=["shown_from"], name="notice_by_first_day")]
        constraints = [
            models.CheckConstraint(
                name="notice_ends_after_it_begins",
                condition=Q(shown_until__isnull=True) | Q(shown_until__gte=F("shown_from")),
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return in_language(self.title_nl, self.title_en)

    @property
    def text(self) -> str:
        """Markdown, in the reader's language."""
        return in_language(self.text_nl, self.text_en)


class Dismissal(models.Model):
    """A user has put a notice away."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    notice = models.ForeignKey(Notice, models.PROTECT, related_name="dismissals")
    dismissed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="notice_dismissed_once", fields=["user", "notice"])]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.notice_id}"
