"""What we do to protect data (§7, AVG 32): measures, whether they were looked at, what was found, what was done."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import Paper
from audits.querysets import FindingQuerySet, ImprovementQuerySet, MeasureQuerySet


class MeasureState(models.TextChoices):
    """Whether a measure works yet, and still."""

    PLANNED = "planned", _("Planned")
    IN_PLACE = "in_place", _("In place")
    #: A review saw that it does not work; until what was found is mended, nothing public says that we do it.
    FAILING = "failing", _("Does not work, being mended")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Origin(models.TextChoices):
    """Where a finding comes from."""

    AUDIT = "audit", _("Audit or test by an account holder")
    BREACH = "breach", _("Breach")
    REVIEW = "review", _("Review of a measure")
    OTHER = "other", _("Somewhere else")


class Severity(models.TextChoices):
    """How bad what was found is; a high one is to be mended first."""

    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")


class Measure(models.Model):
    """Something we do to protect data; the public texts tell of those that are in place and ``is_public``."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    #: Of those that the product itself brings: the name in ``catalogue``. Empty: entered by staff.
    code = models.CharField(_("code"), max_length=40, blank=True)
    title_nl = models.CharField(_("title in Dutch"), max_length=120)
    title_en = models.CharField(_("title in English"), max_length=120)
    text_nl = models.TextField(_("what we do, in Dutch"), max_length=2000)
    text_en = models.TextField(_("what we do, in English"), max_length=2000)
    #: Numbers of Annex A of ISO/IEC 27001:2022, "8.24"; NEN 7510-2 numbers the same controls.
    controls = ArrayField(models.CharField(max_length=5), verbose_name=_("controls"), default=list)
    is_public = models.BooleanField(_("told in public texts"), default=True)
    state = models.CharField(_("state"), max_length=10, choices=MeasureState.choices, default=MeasureState.PLANNED)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )
    #: The last day on which it must have been looked at again; from the review before.
    review_on = models.DateField(_("review by"), null=True, blank=True)
    #: From when the days until ``review_on`` run.
    reviewed_at = models.DateTimeField(_("last looked at"), null=True, blank=True)
    withdrawn_because = models.TextField(_("withdrawn because"), max_length=2000, blank=True)

    objects = MeasureQuerySet.as_manager()

    class Meta:
        verbose_name = _("measure")
        verbose_name_plural = _("measures")
        constraints = [
            models.CheckConstraint(name="measure_state_known", condition=Q(state__in=MeasureState.values)),
            models.CheckConstraint(
                name="measure_in_place_is_owned_and_reviewed",
                condition=~Q(state__in=("in_place", "failing"))
                | Q(owner__isnull=False, review_on__isnull=False, reviewed_at__isnull=False),
            ),
            models.UniqueConstraint(fields=["code"], name="measure_code_once", condition=~Q(code="")),
        ]
        indexes = [
            models.Index(fields=["review_on"], name="measure_to_review", condition=Q(state__in=("in_place", "failing")))
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """In the reader's language."""
        return self.title_en if get_language() == "en" else self.title_nl

    @property
    def text(self) -> str:
        """What we do, in the reader's language."""
        return self.text_en if get_language() == "en" else self.text_nl


class Review(models.Model):
    """Somebody looked whether a measure works: what they saw, and the evidence. Never changed."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    measure = models.ForeignKey(Measure, models.PROTECT, related_name="reviews", verbose_name=_("measure"))
    works = models.BooleanField(_("it works"))
    seen = models.TextField(_("what was seen"), max_length=4000)
    paper = models.OneToOneField(
        Paper, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("evidence")
    )
    reviewed_by = models.UUIDField(_("reviewed by"))
    reviewed_at = models.DateTimeField(_("reviewed at"))

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")

    def __str__(self) -> str:
        return f"{self.measure} {self.reviewed_at:%Y-%m-%d}"


class Finding(models.Model):
    """Something that is not as it should be; open until what it led to is done, or it is accepted with a reason."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    origin = models.CharField(_("comes from"), max_length=6, choices=Origin.choices)
    #: The random reference of the audit, breach or review.
    of = models.UUIDField(_("reference of that"), null=True, blank=True)
    measure = models.ForeignKey(
        Measure, models.PROTECT, null=True, blank=True, related_name="findings", verbose_name=_("measure")
    )
    title = models.CharField(_("title"), max_length=120)
    text = models.TextField(_("what was found"), max_length=4000)
    severity = models.CharField(_("severity"), max_length=6, choices=Severity.choices)
    found_by = models.UUIDField(_("recorded by"))
    found_at = models.DateTimeField(_("recorded at"))
    #: Why nothing more is done; with it the finding is closed without an improvement.
    accepted_because = models.TextField(_("accepted because"), max_length=2000, blank=True)
    closed_by = models.UUIDField(_("closed by"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    objects = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        constraints = [
            models.CheckConstraint(name="finding_origin_known", condition=Q(origin__in=Origin.values)),
            models.CheckConstraint(name="finding_severity_known", condition=Q(severity__in=Severity.values)),
            models.CheckConstraint(name="finding_says_of_what", condition=Q(origin=Origin.OTHER) | Q(of__isnull=False)),
            models.CheckConstraint(
                name="finding_closed_by_somebody",
                condition=Q(closed_at__isnull=True, closed_by__isnull=True)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
            ),
            models.CheckConstraint(
                name="finding_accepted_is_closed", condition=Q(accepted_because="") | Q(closed_at__isnull=False)
            ),
            models.CheckConstraint(
                name="finding_high_accepted_by_a_second_person",
                condition=Q(accepted_because="") | ~Q(severity=Severity.HIGH) | ~Q(closed_by=F("found_by")),
            ),
        ]
        indexes = [
            models.Index(fields=["of"], name="finding_of"),
            models.Index(fields=["found_at"], name="finding_open", condition=Q(closed_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.title


class Improvement(models.Model):
    """What is done about a finding: by whom, by when; another member of staff sees that it helped."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    finding = models.ForeignKey(Finding, models.PROTECT, related_name="improvements", verbose_name=_("finding"))
    text = models.TextField(_("what is done"), max_length=2000)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("owner"))
    planned_at = models.DateTimeField(_("planned at"))
    due_on = models.DateField(_("done by"))
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    result = models.TextField(_("what was done"), max_length=2000, blank=True)
    done_by = models.UUIDField(_("done, says"), null=True, blank=True)
    verified_at = models.DateTimeField(_("seen to help at"), null=True, blank=True)
    verified_by = models.UUIDField(_("seen by"), null=True, blank=True)
    #: By who looked last whether it helped; with ``done_at`` empty again it did not.
    seen = models.TextField(_("what was seen"), max_length=2000, blank=True)

    objects = ImprovementQuerySet.as_manager()

    class Meta:
        verbose_name = _("improvement")
        verbose_name_plural = _("improvements")
        constraints = [
            models.CheckConstraint(
                name="improvement_done_by_somebody",
                condition=Q(done_at__isnull=True, done_by__isnull=True)
                | Q(done_at__isnull=False, done_by__isnull=False),
            ),
            models.CheckConstraint(
                name="improvement_verified_by_somebody_else",
                condition=Q(verified_at__isnull=True, verified_by__isnull=True)
                | Q(done_at__isnull=False, verified_at__isnull=False, verified_by__isnull=False)
                & ~Q(verified_by=F("done_by")),
            ),
        ]
        indexes = [
            models.Index(fields=["due_on"], name="improvement_open", condition=Q(verified_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.text[:60]
