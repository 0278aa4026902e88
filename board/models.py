"""What was told of clocks, and who follows them in a calendar."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from board.running import STEPS, Urgency


class Escalation(models.Model):
    """That a clock had passed a step of its term, and staff were told; never twice for the same step.

    A clock is one of a kind, of one thing, with one end: a new end is another clock. No names: a mail is written of it.
    """

    #: The run of the job that found it; its digests tell it.
    run = models.UUIDField(_("run"))
    kind = models.CharField(_("kind"), max_length=40)
    reference = models.CharField(_("reference"), max_length=80)
    due_at = models.DateTimeField(_("due at"))
    step = models.PositiveSmallIntegerField(_("step"), choices=[(step.value, step.label) for step in STEPS])
    number = models.PositiveIntegerField(_("number"))
    page = models.CharField(_("page"), max_length=100)
    told_at = models.DateTimeField(_("told at"))

    class Meta:
        verbose_name = _("escalation")
        verbose_name_plural = _("escalations")
        constraints = [
            models.UniqueConstraint(name="escalation_once", fields=["kind", "reference", "due_at", "step"]),
            models.CheckConstraint(name="escalation_step_known", condition=Q(step__in=[step.value for step in STEPS])),
        ]
        indexes = [models.Index(fields=["run"], name="escalation_of_run")]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference} {self.step}"

    @property
    def urgency(self) -> Urgency:
        return Urgency(self.step)


class Feed(models.Model):
    """The private address under which a member of staff follows the clocks in a calendar; of its token the digest."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("member of staff")
    )
    digest = models.CharField(_("digest of the address"), max_length=64, unique=True)
    made_at = models.DateTimeField(_("made at"))

    class Meta:
        verbose_name = _("calendar of deadlines")
        verbose_name_plural = _("calendars of deadlines")

    def __str__(self) -> str:
        return str(self.made_at)
