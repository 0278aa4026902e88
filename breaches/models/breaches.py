"""The register of every breach (§13, AVG 33(5)): what is noticed, and what is known of it, phase by phase."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from breaches.completeness import is_complete_in_database
from breaches.querysets import BreachQuerySet, PhaseQuerySet
from cannonworks.deadlines import Deadline, compute, kind_named
from processors.models import SubProcessor


class BreachKind(models.TextChoices):
    """The four kinds of §13, in its order."""

    SEIZURE = "seizure", _("Investigation or seizure by authorities or others, or a suspicion of it")
    UNAUTHORISED = "unauthorised", _("Unauthorised access, processing, erasure, damage or loss")
    LEAK = "leak", _("Weakness in security, or a data leak")
    GDPR = "gdpr", _("Another breach as the GDPR defines it")


class People(models.TextChoices):
    """Whose data a breach touches."""

    USERS = "users", _("Users of accounts")
    RELATIONS = "relations", _("Relations: customers and suppliers")
    EMPLOYEES = "employees", _("Employees")
    CONTRACTORS = "contractors", _("Contractors")
    OTHERS = "others", _("Others")


class DataKind(models.TextChoices):
    """Which data a breach touches, in the words that the supervisor's form uses."""

    NAMES = "names", _("Names, addresses, places")
    CONTACT = "contact", _("Phone numbers, e-mail addresses")
    LOGIN = "login", _("Passwords and other means of signing in")
    BSN = "bsn", _("Citizen service numbers (BSN)")
    FINANCIAL = "financial", _("Financial data: quotes, invoices, account numbers")
    GENDER = "gender", _("Gender, date of birth or age")
    USAGE = "usage", _("Use of the application: times, IP addresses, devices")
    SPECIAL = "special", _("Special categories: health, religion, origin and the like")
    OTHER = "other", _("Other data")


class Protection(models.TextChoices):
    """Whether the data could be read by who should not have them."""

    NONE = "none", _("Not protected: whoever has them can read them")
    PART = "part", _("In part encrypted or hashed")
    UNREADABLE = "unreadable", _("Encrypted or hashed, and the keys were not touched")
    UNKNOWN = "unknown", _("Not known yet")


class Harm(models.TextChoices):
    """What a breach does to data."""

    CONFIDENTIALITY = "confidentiality", _("Seen or taken by who should not (confidentiality)")
    INTEGRITY = "integrity", _("Changed without right (integrity)")
    AVAILABILITY = "availability", _("Lost, or out of reach (availability)")


class Breach(models.Model):
    """A line of the register. What is known of it is in its phases, and nothing of those is ever overwritten."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.PositiveIntegerField(_("number"), unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=BreachKind.choices)
    #: In our words, for the lists of staff and the subject of mails; never with a name in it.
    title_nl = models.CharField(_("short title in Dutch"), max_length=80)
    title_en = models.CharField(_("short title in English"), max_length=80)
    #: From here run the 48 hours (§13).
    noticed_at = models.DateTimeField(_("noticed at"))
    noticed_by = models.CharField(
        _("noticed by"), max_length=120, help_text=_("A function or a company, no name of a person.")
    )
    sub_processor = models.ForeignKey(
        SubProcessor, models.PROTECT, null=True, blank=True, related_name="breaches",
        verbose_name=_("sub-processor involved"),
    )  # fmt: skip
    recorded_by = models.UUIDField(_("recorded by"))
    recorded_at = models.DateTimeField(_("recorded at"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closed_by = models.UUIDField(_("closed by"), null=True, blank=True)

    objects = BreachQuerySet.as_manager()

    class Meta:
        verbose_name = _("breach")
        verbose_name_plural = _("breaches")
        constraints = [
            models.CheckConstraint(name="breach_kind_known", condition=Q(kind__in=BreachKind.values)),
            models.CheckConstraint(
                name="breach_noticed_before_recorded", condition=Q(noticed_at__lte=F("recorded_at"))
            ),
            models.CheckConstraint(
                name="breach_closed_by_somebody",
                condition=Q(closed_at__isnull=True, closed_by__isnull=True)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["noticed_at"], name="breach_open", condition=Q(closed_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def title(self) -> str:
        """In the reader's language."""
        return in_language(self, "title")

    @property
    def deadline(self) -> Deadline:
        """The 48 hours within which affected accounts are told, explained."""
        return compute(kind_named("breach_notice"), self.noticed_at)


def in_language(row: models.Model, name: str) -> str:
    """The text of a field that a row has in Dutch and in English, in the reader's language."""
    language = "en" if (get_language() or "nl").startswith("en") else "nl"
    return str(getattr(row, f"{name}_{language}"))


def _text(label: Any) -> models.TextField:
    return models.TextField(label, max_length=4000, blank=True, default="")


class Phase(models.Model):
    """All that is known of a breach at a moment: a new phase says it anew, an older one stays as it was.

    Released, it goes as a notice to every affected account. The database refuses to release what is incomplete, and to
    change anything of a phase but its release.
    """

    breach = models.ForeignKey(Breach, models.PROTECT, related_name="phases", verbose_name=_("breach"))
    number = models.PositiveSmallIntegerField(_("phase"))
    recorded_by = models.UUIDField(_("recorded by"))
    recorded_at = models.DateTimeField(_("recorded at"))
    released_by = models.UUIDField(_("released by"), null=True, blank=True)
    released_at = models.DateTimeField(_("released at"), null=True, blank=True)

    # What affected accounts are told, in both languages.
    fact_nl = _text(_("what happened, in Dutch"))
    fact_en = _text(_("what happened, in English"))
    cause_nl = _text(_("(alleged) cause, in Dutch"))
    cause_en = _text(_("(alleged) cause, in English"))
    known_effects_nl = _text(_("known effects, in Dutch"))
    known_effects_en = _text(_("known effects, in English"))
    expected_effects_nl = _text(_("expected effects, in Dutch"))
    expected_effects_en = _text(_("expected effects, in English"))
    measures_taken_nl = _text(_("measures taken, in Dutch"))
    measures_taken_en = _text(_("measures taken, in English"))
    measures_proposed_nl = _text(_("measures proposed, in Dutch"))
    measures_proposed_en = _text(_("measures proposed, in English"))
    advice_nl = _text(_("what the account holder can do, in Dutch"))
    advice_en = _text(_("what the account holder can do, in English"))

    # What the register and the supervisor's form ask beside that (AVG 33(3) and (5)).
    began_at = models.DateTimeField(_("began at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    is_ongoing = models.BooleanField(_("still going on"), default=True)
    harms = ArrayField(
        models.CharField(max_length=20, choices=Harm.choices), verbose_name=_("what it does to the data"), default=list,
        blank=True,
    )  # fmt: skip
    data_kinds = ArrayField(
        models.CharField(max_length=20, choices=DataKind.choices), verbose_name=_("which data"), default=list,
        blank=True,
    )  # fmt: skip
    people = ArrayField(
        models.CharField(max_length=20, choices=People.choices), verbose_name=_("whose data"), default=list, blank=True
    )
    people_least = models.PositiveIntegerField(_("people, at least"), null=True, blank=True)
    people_most = models.PositiveIntegerField(_("people, at most"), null=True, blank=True)
    records_least = models.PositiveIntegerField(_("records, at least"), null=True, blank=True)
    records_most = models.PositiveIntegerField(_("records, at most"), null=True, blank=True)
    protection = models.CharField(
        _("protection beforehand"), max_length=12, choices=Protection.choices, default=Protection.UNKNOWN
    )
    crosses_borders = models.BooleanField(_("people in other EU countries too"), default=False)

    objects = PhaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("phase of a breach")
        verbose_name_plural = _("phases of breaches")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(name="phase_once", fields=["breach", "number"]),
            models.CheckConstraint(
                name="phase_released_only_complete", condition=Q(released_at__isnull=True) | is_complete_in_database()
            ),
            models.CheckConstraint(
                name="phase_released_by_somebody",
                condition=Q(released_at__isnull=True, released_by__isnull=True)
                | Q(released_at__isnull=False, released_by__isnull=False),
            ),
            models.CheckConstraint(
                name="phase_ends_after_it_begins",
                condition=Q(began_at__isnull=True) | Q(ended_at__isnull=True) | Q(ended_at__gte=F("began_at")),
            ),
            models.CheckConstraint(
                name="phase_ongoing_has_no_end", condition=Q(is_ongoing=False) | Q(ended_at__isnull=True)
            ),
            models.CheckConstraint(
                name="phase_people_least_and_most",
                condition=Q(people_least__isnull=True)
                | Q(people_most__isnull=True)
                | Q(people_most__gte=F("people_least")),
            ),
            models.CheckConstraint(
                name="phase_records_least_and_most",
                condition=Q(records_least__isnull=True)
                | Q(records_most__isnull=True)
                | Q(records_most__gte=F("records_least")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.breach.number}-{self.number}"

    @property
    def is_released(self) -> bool:
        return self.released_at is not None

    def said(self, name: str) -> str:
        """What it says of ``name`` (``fact``, ``cause`` …), in the reader's language."""
        return in_language(self, name)
