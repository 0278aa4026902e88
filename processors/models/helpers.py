"""Helpers, people of sub-processors, and the projects during which those may look (§10)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.roles import HelperCategory
from processors.models.sub_processors import SubProcessor
from processors.querysets import HelperQuerySet, ProjectQuerySet

#: Work for which one has to know which company it is; for the rest the reference of the account will do.
NAMES_NEEDED = (HelperCategory.SUPPORT, HelperCategory.SALES)


class Helper(models.Model):
    """Somebody of a sub-processor who may look at the overarching administration during a project (§10)."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="helper", verbose_name=_("user"))
    sub_processor = models.ForeignKey(
        SubProcessor, models.PROTECT, related_name="helpers", verbose_name=_("sub-processor")
    )
    category = models.CharField(_("category"), max_length=10, choices=HelperCategory.choices)
    #: From this moment there is no access, whatever projects run: they left, and are never let in again.
    ended_at = models.DateTimeField(_("left"), null=True, blank=True)

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
    """Work of a sub-processor for a time: the window in which its helpers in it may look (§10).

    ``work`` says whether names of companies may be shown, ``shows_names`` whether this project needs them; what was
    entered before projects said so has no ``work`` and shows none.
    """

    sub_processor = models.ForeignKey(
        SubProcessor, models.PROTECT, related_name="projects", verbose_name=_("sub-processor")
    )
    name = models.CharField(_("name"), max_length=120)
    purpose = models.CharField(_("what for"), max_length=300, default="", db_default="", blank=True)
    work = models.CharField(
        _("work"), max_length=10, choices=HelperCategory.choices, default="", db_default="", blank=True
    )
    shows_names = models.BooleanField(_("shows names of companies"), default=False, db_default=False)
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"))
    helpers = models.ManyToManyField(Helper, related_name="projects", verbose_name=_("helpers"), blank=True)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        constraints = [
            models.CheckConstraint(name="project_ends_after_its_start", condition=Q(ends_at__gt=F("starts_at"))),
            models.CheckConstraint(name="project_work_known", condition=Q(work__in=["", *HelperCategory.values])),
            models.CheckConstraint(
                name="project_shows_names_where_needed",
                condition=Q(shows_names=False) | Q(work__in=NAMES_NEEDED),
            ),
        ]

    def __str__(self) -> str:
        return self.name
