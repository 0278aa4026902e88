"""Consultation about a breach, within two working days of the first notice in either direction (§13)."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from breaches.models.breaches import Breach
from breaches.models.reports import BreachReport
from breaches.querysets import ConsultationQuerySet, MeetingQuerySet
from cannonworks.deadlines import Deadline, compute, kind_named


class Meeting(models.Model):
    """A moment to confer: offered to one account, or to all that a breach touches; with its minutes afterwards."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    breach = models.ForeignKey(
        Breach, models.PROTECT, null=True, blank=True, related_name="meetings", verbose_name=_("breach")
    )
    #: None: everybody whom the breach touches may come.
    account = models.ForeignKey(
        Account, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("account"), db_index=False
    )
    #: Who proposes it: a member of staff, or else a user of the account.
    proposed_by = models.UUIDField(_("proposed by"))
    is_from_holder = models.BooleanField(_("proposed by the account holder"), default=False)
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"))
    place = models.CharField(_("where"), max_length=200, help_text=_("A phone number, or the address of a call."))
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    #: The last consultation whose account was mailed about a moment for all; None: nobody is left to be mailed.
    announced_until = models.BigIntegerField(_("mailed up to this consultation"), null=True, blank=True, editable=False)

    # Minutes: what §13 says is conferred about.
    nature = models.TextField(_("nature of the breach"), max_length=4000, blank=True, default="")
    risk = models.TextField(_("risk run"), max_length=4000, blank=True, default="")
    measures = models.TextField(_("measures taken or to be taken"), max_length=4000, blank=True, default="")
    minuted_by = models.UUIDField(_("minutes by"), null=True, blank=True)
    minuted_at = models.DateTimeField(_("minutes made at"), null=True, blank=True)

    objects = MeetingQuerySet.as_manager()

    class Meta:
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        constraints = [
            models.CheckConstraint(name="meeting_ends_after_its_start", condition=Q(ends_at__gt=F("starts_at"))),
            models.CheckConstraint(
                name="meeting_minutes_are_whole",
                condition=Q(minuted_at__isnull=True) | ~Q(nature="") & ~Q(risk="") & ~Q(measures=""),
            ),
            models.CheckConstraint(
                name="meeting_is_of_breach_or_account",
                condition=Q(breach__isnull=False) | Q(account__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["account", "starts_at"], name="meeting_of_account"),
            models.Index(
                fields=["id"], name="meeting_to_announce", condition=Q(announced_until__isnull=False)
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.reference)[:8]

    @property
    def is_open(self) -> bool:
        """Whether it can still be agreed on or held: neither withdrawn nor written up."""
        return self.withdrawn_at is None and self.minuted_at is None


class Consultation(models.Model):
    """That we confer with one account about one breach (or what it reported), its clock, and how it went."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="consultations", verbose_name=_("account"), db_index=False
    )
    #: None as long as staff have not said which breach a report is.
    breach = models.ForeignKey(
        Breach, models.PROTECT, null=True, blank=True, related_name="consultations", verbose_name=_("breach"),
        db_index=False,
    )  # fmt: skip
    report = models.OneToOneField(
        BreachReport, models.PROTECT, null=True, blank=True, related_name="consultation", verbose_name=_("report")
    )
    meeting = models.ForeignKey(
        Meeting, models.PROTECT, null=True, blank=True, related_name="consultations", verbose_name=_("appointment")
    )
    #: The first notice between the parties, in either direction.
    opened_at = models.DateTimeField(_("first notice at"))
    due_at = models.DateTimeField(_("due at"))
    agreed_at = models.DateTimeField(_("agreed at"), null=True, blank=True)
    held_at = models.DateTimeField(_("held at"), null=True, blank=True)
    #: The holder needs no consultation, and said so.
    waived_at = models.DateTimeField(_("waived at"), null=True, blank=True)
    waived_by = models.UUIDField(_("waived by"), null=True, blank=True)
    #: Moments within the term were offered, and nobody took one.
    lapsed_at = models.DateTimeField(_("lapsed at"), null=True, blank=True)
    signed_at = models.DateTimeField(_("minutes signed off at"), null=True, blank=True)
    signed_by = models.UUIDField(_("minutes signed off by"), null=True, blank=True)

    objects = ConsultationQuerySet.as_manager()

    class Meta:
        verbose_name = _("consultation")
        verbose_name_plural = _("consultations")
        constraints = [
            models.UniqueConstraint(
                name="consultation_once", fields=["account", "breach"], condition=Q(breach__isnull=False)
            ),
            models.CheckConstraint(name="consultation_due_later", condition=Q(due_at__gt=F("opened_at"))),
            models.CheckConstraint(
                name="consultation_signed_after_held", condition=Q(signed_at__isnull=True) | Q(held_at__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="consultation_of_account"),
            models.Index(fields=["breach", "id"], name="consultation_of_breach"),
            models.Index(
                fields=["breach", "due_at"], name="consultation_open",
                condition=Q(held_at__isnull=True, waived_at__isnull=True, lapsed_at__isnull=True),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.reference)[:8]

    @property
    def is_over(self) -> bool:
        """Whether nobody waits for it: held, waived, or offered in time and not taken."""
        return bool(self.held_at or self.waived_at or self.lapsed_at)

    @property
    def deadline(self) -> Deadline:
        """The two working days within which we confer, explained."""
        return compute(kind_named("breach_consultation"), self.opened_at)
