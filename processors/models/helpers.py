"""Helpers, people of sub-processors, and the projects during which those may look (§10)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.roles import HelperCategory
from processors.models.sub_processors import SubProcessor
from processors.querysets import HelperQuerySet, ProjectQuerySet


class Helper(models.Model):
    """Somebody of a sub-processor who may look at the overarching administration during a project (§10)."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="helper", verbose_name=_("user"))
    sub_processor = models.ForeignKey(
        SubProcessor, models.PROTECT, related_name="helpers", verbose_name=_("sub-processor")
    )
    category = models.CharField(_("category"), max_length=10, choices=HelperCategory.choices)

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
