"""Corrections of what the holder cannot change: proposed by staff, confirmed by the main user, then applied (§16)."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from cannonworks.deadlines import Deadline, compute, kind_named
from cannonworks.nameless import check_ticket, without_people
from rights.correctable import correctable
from rights.querysets import CorrectionQuerySet
from rights.states import OPEN_CORRECTIONS, CorrectionState

#: What has ended, and which of that the main user had agreed to.
ENDED = tuple(state for state in CorrectionState.values if state not in OPEN_CORRECTIONS)


class Correction(models.Model):
    """One change that staff propose in an account, and what became of it; its values are in ``CorrectionWords``.

    ``of`` is the random reference of whom it is about: of a user, or of the account for its company. ``expires_at`` is
    the first moment at which it is too late: to decide, and once confirmed to apply.
    """

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="corrections", verbose_name=_("account"), db_index=False
    )
    state = models.CharField(
        _("state"), max_length=10, choices=CorrectionState.choices, default=CorrectionState.PROPOSED
    )
    what = models.CharField(_("what is corrected"), max_length=40)
    of = models.UUIDField(_("of"), editable=False)
    ticket = models.CharField(_("ticket"), max_length=40, validators=[check_ticket, without_people])
    why = models.CharField(_("reason"), max_length=200, validators=[without_people])
    role = models.CharField(_("role"), max_length=120, help_text=_("Of the member of staff, at that time."))
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    proposed_at = models.DateTimeField(_("proposed at"))
    expires_at = models.DateTimeField(_("ends at"))
    decided_by = models.UUIDField(_("decided by"), null=True, blank=True, editable=False)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("applied by")
    )
    applied_at = models.DateTimeField(_("applied at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        constraints = [
            models.CheckConstraint(name="correction_state_known", condition=Q(state__in=CorrectionState.values)),
            models.CheckConstraint(
                name="correction_ended_has_its_moment",
                condition=Q(state__in=OPEN_CORRECTIONS, ended_at__isnull=True)
                | Q(state__in=ENDED, ended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="correction_decided_by_somebody",
                condition=Q(decided_at__isnull=True, decided_by__isnull=True)
                | Q(decided_at__isnull=False, decided_by__isnull=False),
            ),
            models.CheckConstraint(
                name="correction_answered_has_an_answer",
                condition=~Q(state__in=("confirmed", "refused", "applied")) | Q(decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="correction_applied_after_the_answer",
                condition=Q(state="applied", applied_by__isnull=False, applied_at__gte=F("decided_at"))
                | ~Q(state="applied") & Q(applied_by__isnull=True, applied_at__isnull=True),
            ),
            models.CheckConstraint(name="correction_ends_later", condition=Q(expires_at__gt=F("proposed_at"))),
            models.CheckConstraint(name="correction_says_why", condition=~Q(ticket="") & ~Q(why="")),
            models.UniqueConstraint(
                name="correction_one_open_per_field", fields=["account", "what", "of"],
                condition=Q(state__in=OPEN_CORRECTIONS),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["account", "-id"], name="correction_of_account"),
            models.Index(fields=["expires_at"], name="correction_open", condition=Q(state__in=OPEN_CORRECTIONS)),
            models.Index(fields=["ended_at"], name="correction_ages", condition=Q(ended_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.reference)[:8]

    @property
    def label(self) -> str | Promise:
        """What is corrected, in the reader's language."""
        return correctable(self.what).label

    @property
    def role_shown(self) -> str:
        """Who of staff proposed it, by role, in the reader's language; names are not told."""
        return ", ".join(gettext(role) for role in self.role.split(", ") if role)

    @property
    def deadline(self) -> Deadline:
        """The clock that runs or ran, explained: until the answer, and from it until it is applied."""
        return compute(kind_named("correction"), self.counted_from)

    @property
    def counted_from(self) -> datetime:
        return self.decided_at or self.proposed_at

    def can_be_decided(self, at: datetime) -> bool:
        return self.state == CorrectionState.PROPOSED and at < self.expires_at

    def can_be_applied(self, at: datetime) -> bool:
        return self.state == CorrectionState.CONFIRMED and at < self.expires_at


class CorrectionWords(models.Model):
    """Old and new of a correction: apart, since staff see these only while they have the account open (§1)."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    correction = models.OneToOneField(Correction, models.CASCADE, related_name="words")
    whose = models.CharField(_("of whom"), max_length=200)
    old = models.CharField(_("now"), max_length=254, blank=True, default="")
    new = models.CharField(_("becomes"), max_length=254, blank=True, default="")

    class Meta:
        verbose_name = _("old and new of a correction")
        verbose_name_plural = _("old and new of corrections")
        constraints = [models.CheckConstraint(name="correction_changes_something", condition=~Q(old=F("new")))]
        indexes = [models.Index(fields=["account"], name="correction_words_of_account")]

    def __str__(self) -> str:
        return str(self.correction)

    @property
    def old_shown(self) -> str:
        return correctable(self.correction.what).shown(self.old)

    @property
    def new_shown(self) -> str:
        return correctable(self.correction.what).shown(self.new)
