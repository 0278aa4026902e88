"""Companies that work for CannonWorks, under which papers, and where (§9, §11)."""

from __future__ import annotations

import uuid
from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Paper
from cannonworks.countries import EEA, place_of
from cannonworks.datamap import Category
from processors.querysets import SubProcessorQuerySet


class SubProcessorRole(models.TextChoices):
    """What a sub-processor does for us; everybody may know (§9)."""

    HOSTING = "hosting", _("Servers, databases and hosting")
    SUPPORT = "support", _("Help desk")
    DEVELOPMENT = "development", _("Software development")
    INTEGRATIONS = "integrations", _("Connections with other software")
    PAYMENTS = "payments", _("Payments")
    MAIL = "mail", _("Delivery of mail")
    APP_STORE = "app_store", _("App store")


class Stage(models.TextChoices):
    """Where a sub-processor stands: entered, then told of to account holders, then at work, then no more."""

    DRAFT = "draft", _("Being prepared")
    ANNOUNCED = "announced", _("Announced")
    ACTIVE = "active", _("At work")
    ENDED = "ended", _("Ended")


class Mechanism(models.TextChoices):
    """What protects data outside the EEA (§11; AVG art. 45 to 49)."""

    ADEQUACY = "adequacy", _("The European Commission found the protection there adequate (GDPR art. 45)")
    CLAUSES = "clauses", _("Standard contractual clauses of the European Commission (GDPR art. 46(2)(c))")
    CORPORATE = "corporate", _("Binding corporate rules (GDPR art. 47)")


class SubProcessor(models.Model):
    """A company that works for CannonWorks and whose people may help; its name, role and place are public."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=120, unique=True)
    role = models.CharField(_("role"), max_length=20, choices=SubProcessorRole.choices, blank=True)
    country = models.CharField(_("country"), max_length=2, default="NL", db_default="NL")
    categories = ArrayField(
        models.CharField(max_length=20, choices=Category.choices), verbose_name=_("categories of data"), default=list,
        blank=True,
    )  # fmt: skip
    stage = models.CharField(_("stage"), max_length=10, choices=Stage.choices, default=Stage.DRAFT)
    #: The papers that count now; earlier ones stay on record.
    agreement = models.ForeignKey(
        "Agreement", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("processing agreement")
    )
    transfer = models.ForeignKey(
        "Transfer",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("protection outside the EEA"),
    )
    active_from = models.DateField(_("at work from"), null=True, blank=True)
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    #: Of the company, to tell who has access; no holder sees it.
    contact_email = models.EmailField(_("e-mail of the contact"), blank=True)

    objects = SubProcessorQuerySet.as_manager()

    class Meta:
        verbose_name = _("sub-processor")
        verbose_name_plural = _("sub-processors")
        constraints = [
            models.CheckConstraint(name="sub_processor_stage_known", condition=Q(stage__in=Stage.values)),
            models.CheckConstraint(
                name="sub_processor_active_under_agreement",
                condition=~Q(stage=Stage.ACTIVE) | Q(agreement__isnull=False, active_from__isnull=False),
            ),
            models.CheckConstraint(
                name="sub_processor_active_outside_eea_protected",
                condition=~Q(stage=Stage.ACTIVE) | Q(country__in=sorted(EEA)) | Q(transfer__isnull=False),
            ),
            models.CheckConstraint(
                name="sub_processor_ended_has_its_day", condition=~Q(stage=Stage.ENDED) | Q(ended_on__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_in_eea(self) -> bool:
        """Whether it is established in the European Economic Area (§11)."""
        return self.country in EEA

    @property
    def place(self) -> str:
        """Its country in the reader's language, and whether that is outside the European Economic Area."""
        return place_of(self.country)

    def papers_stand(self, on: date) -> bool:
        """Whether the agreement that counts, and outside the EEA the protection, hold on this day."""
        agreed = self.agreement is not None and self.agreement.holds(on)
        return agreed and (self.is_in_eea or (self.transfer is not None and self.transfer.holds(on)))


class Agreement(models.Model):
    """A processing agreement with a sub-processor: the signed paper, and until when it holds (§9). Never changed."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    #: The sub-processor's reference: its row names the one that counts now, and a key in each would be a circle.
    of = models.UUIDField(_("of"), db_index=True)
    paper = models.OneToOneField(Paper, models.PROTECT, related_name="+", verbose_name=_("paper"))
    signed_on = models.DateField(_("signed on"))
    #: The last day; None: until it is ended.
    valid_until = models.DateField(_("valid up to and including"), null=True, blank=True)
    noted_by = models.UUIDField(_("noted by"))
    noted_at = models.DateTimeField(_("noted at"))

    class Meta:
        verbose_name = _("processing agreement")
        verbose_name_plural = _("processing agreements")
        constraints = [
            models.CheckConstraint(
                name="agreement_ends_after_it_is_signed",
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("signed_on")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.signed_on} {str(self.reference)[:8]}"

    def holds(self, on: date) -> bool:
        """Whether it is signed and not over on this day."""
        return self.signed_on <= on and (self.valid_until is None or on <= self.valid_until)


class Transfer(models.Model):
    """What protects data with a sub-processor outside the EEA: by which means, proven by which paper (§11)."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    #: The sub-processor's reference: its row names the one that counts now, and a key in each would be a circle.
    of = models.UUIDField(_("of"), db_index=True)
    country = models.CharField(_("country"), max_length=2)
    mechanism = models.CharField(_("mechanism"), max_length=10, choices=Mechanism.choices)
    paper = models.OneToOneField(Paper, models.PROTECT, related_name="+", verbose_name=_("paper"))
    valid_until = models.DateField(_("valid up to and including"), null=True, blank=True)
    noted_by = models.UUIDField(_("noted by"))
    noted_at = models.DateTimeField(_("noted at"))

    class Meta:
        verbose_name = _("protection outside the EEA")
        verbose_name_plural = _("protection outside the EEA")
        constraints = [
            models.CheckConstraint(name="transfer_mechanism_known", condition=Q(mechanism__in=Mechanism.values)),
            models.CheckConstraint(name="transfer_is_outside_the_eea", condition=~Q(country__in=sorted(EEA))),
        ]

    def __str__(self) -> str:
        return f"{self.country} {str(self.reference)[:8]}"

    @property
    def place(self) -> str:
        """Its country in the reader's language."""
        return place_of(self.country)

    def holds(self, on: date) -> bool:
        """Whether it is not over on this day."""
        return self.valid_until is None or on <= self.valid_until
