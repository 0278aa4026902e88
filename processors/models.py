"""Sub-processors, their helpers, and the projects during which those may look (§10)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.roles import HelperCategory
from cannonworks.countries import EEA, country_name
from processors.querysets import HelperQuerySet, ProjectQuerySet


class SubProcessorRole(models.TextChoices):
    """What a sub-processor does for us; everybody may know (§9)."""

    HOSTING = "hosting", _("Servers, databases and hosting")
    SUPPORT = "support", _("Help desk")
    DEVELOPMENT = "development", _("Software development")
    INTEGRATIONS = "integrations", _("Connections with other software")
    PAYMENTS = "payments", _("Payments")
    MAIL = "mail", _("Delivery of mail")
    APP_STORE = "app_store", _("App store")


class SubProcessor(models.Model):
    """A company that works for CannonWorks and whose people may help; its name, role and place are public."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    role = models.CharField(_("role"), max_length=20, choices=SubProcessorRole.choices, blank=True)
    country = models.CharField(_("country"), max_length=2, default="NL", db_default="NL")

    class Meta:
        verbose_name = _("sub-processor")
        verbose_name_plural = _("sub-processors")

    def __str__(self) -> str:
        return self.name

    @property
    def is_in_eea(self) -> bool:
        """Whether it is established in the European Economic Area (§11)."""
        return self.country in EEA

    @property
    def place(self) -> str:
        """Its country in the reader's language, and whether that is outside the European Economic Area."""
        name = country_name(self.country)
        return name if self.is_in_eea else _("%(country)s, outside the EEA") % {"country": name}


class Helper(models.Model):
    """Somebody of a sub-processor who may look at the overarching administration during a project (§10)."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="helper", verbose_name=_("user"))
    sub_processor = models.ForeignKey(
        SubProcessor, models.PROTECT, related_name="helpers", verbose_name=_("sub-processor")
    )
    category = models.CharField(_("category"), max_length=10, choices=HelperCategory.choices)
    statement_signed_on = models.DateField(_("confidentiality statement signed on"), null=True, blank=True)

    objects = HelperQuerySet.as_manager()

    class Meta:
        verbose_name = _("helper")
        verbose_name_plural = _("helpers")
        constraints = [
            models.CheckConstraint(name="helper_category_known", condition=Q(category__in=HelperCategory.values)),
        ]

    def __str__(self) -> str:
        return str(self.user)


class Project(models.Model):
    """Work of a sub-processor for a time: the window in which its helpers in it may look (§10)."""

    sub_processor = models.ForeignKey(
        SubProcessor, models.PROTECT, related_name="projects", verbose_name=_("sub-processor")
    )
    name = models.CharField(_("name"), max_length=120)
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"))
    helpers = models.ManyToManyField(Helper, related_name="projects", verbose_name=_("helpers"), blank=True)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        constraints = [
            models.CheckConstraint(name="project_ends_after_its_start", condition=Q(ends_at__gt=F("starts_at"))),
        ]

    def __str__(self) -> str:
        return self.name
