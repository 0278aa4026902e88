"""The register of helpers: who they are, and in which projects they work (§10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account, User
from cannonworks.errors import Refused
from journal import services as journal
from processors.models import Helper, Project, SubProcessor


@transaction.atomic
def add_sub_processor(*, actor: User, name: str, role: str = "", country: str = "NL") -> SubProcessor:
    """Enter a company that works for us; the public list names it from now. ValidationError when it is there."""
    _check_keeps_register(actor, "add_subprocessor")
    made = SubProcessor(name=name, role=role, country=country)
    made.full_clean()
    made.save(force_insert=True)
    journal.record("sub_processor.added", actor=actor, clause="10", sub_processor=made.pk)
    return made


@transaction.atomic
def change_sub_processor(sub_processor: SubProcessor, *, actor: User, role: str, country: str) -> SubProcessor:
    """Say what a sub-processor does and where it is, as the public list shows (§9). ValidationError for bad input."""
    _check_keeps_register(actor, "change_subprocessor")
    row = SubProcessor.objects.select_for_update().get(pk=sub_processor.pk)
    row.role, row.country = role, country
    row.full_clean()
    row.save(update_fields=["role", "country"])
    journal.record("sub_processor.changed", actor=actor, clause="9", sub_processor=row.pk, role=role, country=country)
    return row


@transaction.atomic
def add_helper(
    sub_processor: SubProcessor, *, actor: User, category: str, email: str, password: str, **names: Any
) -> Helper:
    """Enter a helper with a sign-in of his own; he sees nothing before he has signed and is in a running project."""
    _check_keeps_register(actor, "add_helper")
    user = User(email=email.lower(), is_helper=True, **names)
    user.set_password(password)
    user.full_clean()
    user.save(force_insert=True)
    helper = Helper(user=user, sub_processor=sub_processor, category=category)
    helper.full_clean()
    helper.save(force_insert=True)
    journal.record("helper.added", actor=actor, clause="10", helper=user.reference, category=category)
    return helper


@transaction.atomic
def start_project(
    sub_processor: SubProcessor,
    *,
    actor: User,
    name: str,
    starts_at: datetime,
    ends_at: datetime,
    helpers: Iterable[Helper],
) -> Project:
    """Enter a project: from ``starts_at`` until ``ends_at`` its helpers may look. Refused for another's helpers."""
    _check_keeps_register(actor, "add_project")
    helpers = list(helpers)
    if any(helper.sub_processor_id != sub_processor.pk for helper in helpers):
        raise Refused("other_helper", _("A project has helpers of its own sub-processor alone."), clause="10")
    if ends_at <= starts_at:
        raise ValidationError(_("A project ends after it starts."))
    project = Project(sub_processor=sub_processor, name=name, starts_at=starts_at, ends_at=ends_at)
    project.full_clean()
    project.save(force_insert=True)
    project.helpers.set(helpers)
    journal.record(
        "project.entered", actor=actor, clause="10", project=project.pk, starts_at=starts_at, ends_at=ends_at,
        helpers=[helper.user.reference for helper in helpers],
    )  # fmt: skip
    return project


@transaction.atomic
def end_project(project: Project, *, actor: User, at: datetime) -> Project:
    """End a project at once: from this moment its helpers see nothing. Refused when it does not run."""
    _check_keeps_register(actor, "change_project")
    project = Project.objects.select_for_update().get(pk=project.pk)
    if not project.starts_at < at < project.ends_at:
        raise Refused("not_running", _("This project does not run."), clause="10")
    project.ends_at = at
    project.save(update_fields=["ends_at"])
    journal.record("project.ended", actor=actor, clause="10", project=project.pk)
    return project


def record_look(helper: Helper, *, accounts: Sequence[Account], page: str, searched: bool) -> None:
    """Journal that a helper opened a page, and about each account on it that it was seen: its holder reads that."""
    about: dict[str, Any] = {"actor": helper.user, "clause": "10", "category": helper.category, "page": page}
    opened = journal.line("helper.opened", count=len(accounts), searched=searched, **about)
    journal.record_all([opened, *(journal.line("helper.looked", account=seen, **about) for seen in accounts)])


def _check_keeps_register(actor: User, permission: str) -> None:
    if not (actor.is_staff and actor.has_perm(f"processors.{permission}")):
        raise Refused("no_such_role", _("Your role does not keep the register of helpers."), clause="10")
