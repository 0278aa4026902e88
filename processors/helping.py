"""Helpers and the projects that let them look: who they are, when they may, what they saw, how it ends (§10)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account, Session, User
from cannonworks.errors import Refused
from journal import services as journal
from processors.models import Helper, Project, SubProcessor
from processors.models.helpers import NAMES_NEEDED

# --- Helpers ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_helper(
    sub_processor: SubProcessor, *, actor: User, category: str, email: str, password: str, **names: Any
) -> Helper:
    """Enter a helper with a sign-in of his own; he sees nothing before he has signed and is in a running project."""
    check_keeps_register(actor, "add_helper")
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
def end_helper(helper: Helper, *, actor: User, at: datetime) -> Helper:
    """Shut a helper out for good, from this moment: no sign-in, no session, no project. Refused when it is done.

    What was signed stays: whoever left keeps quiet too (§8).
    """
    check_keeps_register(actor, "change_helper")
    helper = shut_out(helper, at=at)
    journal.record("helper.ended", actor=actor, clause="10", helper=helper.user.reference)
    return helper


def shut_out(helper: Helper, *, at: datetime) -> Helper:
    """End a helper's access and sessions; the caller asks who may, and journals it. Locks the row.

    Refused when there is an end already.
    """
    row = Helper.objects.select_for_update(of=("self",)).with_people().get(pk=helper.pk)
    if row.ended_at is not None:
        raise Refused("has_left", _("This helper has left already."), clause="10")
    row.ended_at = at
    row.save(update_fields=["ended_at"])
    row.user.is_active = False
    row.user.save(update_fields=["is_active"])
    Session.objects.filter(user=row.user_id).delete()
    return row


# --- Projects --------------------------------------------------------------------------------------------------------


@transaction.atomic
def start_project(
    sub_processor: SubProcessor,
    *,
    actor: User,
    name: str,
    purpose: str,
    work: str,
    starts_at: datetime,
    ends_at: datetime,
    helpers: Iterable[Helper],
    shows_names: bool = False,
) -> Project:
    """Enter a project: from ``starts_at`` until ``ends_at`` its helpers may look.

    Refused for helpers of another sub-processor or who left; ValidationError where the ``work`` needs no names of
    companies and ``shows_names`` asks for them, and without a purpose.
    """
    check_keeps_register(actor, "add_project")
    helpers = list(helpers)
    for helper in helpers:
        _check_fits(helper, sub_processor)
    if ends_at <= starts_at:
        raise ValidationError(_("A project ends after it starts."))
    if not (purpose.strip() and work):
        raise ValidationError(_("Say what the project is for, and which work it is."))
    project = Project(
        sub_processor=sub_processor, name=name, purpose=purpose, work=work, shows_names=shows_names,
        starts_at=starts_at, ends_at=ends_at,
    )  # fmt: skip
    _check_names(project)
    project.full_clean()
    project.save(force_insert=True)
    project.helpers.set(helpers)
    journal.record(
        "project.entered", actor=actor, clause="10", project=project.pk, starts_at=starts_at, ends_at=ends_at,
        helpers=[helper.user.reference for helper in helpers], work=work, shows_names=shows_names,
    )  # fmt: skip
    return project


@transaction.atomic
def move_end(project: Project, *, actor: User, ends_at: datetime, at: datetime) -> Project:
    """Extend or shorten a project. Refused when it is over, and to a moment that is past; locks the project."""
    project = _open(project, actor=actor, at=at)
    if ends_at <= max(at, project.starts_at):
        raise Refused("past", _("Choose a day to come; to end the project now, use “End now”."), clause="10")
    before, project.ends_at = project.ends_at, ends_at
    project.save(update_fields=["ends_at"])
    journal.record(
        "project.moved", actor=actor, clause="10", project=project.pk, before=before, ends_at=ends_at,
    )  # fmt: skip
    return project


@transaction.atomic
def change_helpers(project: Project, *, actor: User, helpers: Collection[Helper], at: datetime) -> Project:
    """Have exactly these helpers in a project that is not over: who is out sees nothing from this moment.

    Refused when it is over, for helpers of another sub-processor, and for who left; locks the project.
    """
    project = _open(project, actor=actor, at=at)
    wanted = {helper.pk: helper for helper in helpers}
    present = {helper.pk: helper for helper in project.helpers.with_people()}
    joined, left = ([each[pk] for pk in each.keys() - other] for each, other in ((wanted, present), (present, wanted)))
    for helper in joined:
        _check_fits(helper, project.sub_processor)
    if not (joined or left):
        return project
    project.helpers.set(helpers)
    journal.record(
        "project.helpers_changed", actor=actor, clause="10", project=project.pk,
        joined=sorted(str(helper.user.reference) for helper in joined),
        left=sorted(str(helper.user.reference) for helper in left),
    )  # fmt: skip
    return project


@transaction.atomic
def end_project(project: Project, *, actor: User, at: datetime) -> Project:
    """End a project at once: from this moment its helpers see nothing. Refused when it does not run."""
    check_keeps_register(actor, "change_project")
    project = Project.objects.select_for_update().get(pk=project.pk)
    if not project.starts_at < at < project.ends_at:
        raise Refused("not_running", _("This project does not run."), clause="10")
    project.ends_at = at
    project.save(update_fields=["ends_at"])
    journal.record("project.ended", actor=actor, clause="10", project=project.pk)
    return project


def _open(project: Project, *, actor: User, at: datetime) -> Project:
    """The project, locked, to come or running."""
    check_keeps_register(actor, "change_project")
    project = Project.objects.select_for_update(of=("self",)).select_related("sub_processor").get(pk=project.pk)
    if project.ends_at <= at:
        raise Refused("over", _("This project is over. Enter a new one."), clause="10")
    return project


def _check_fits(helper: Helper, sub_processor: SubProcessor) -> None:
    if helper.sub_processor_id != sub_processor.pk:
        raise Refused("other_helper", _("A project has helpers of its own sub-processor alone."), clause="10")
    if helper.ended_at is not None:
        raise Refused("has_left", _("This helper has left already."), clause="10")


def _check_names(project: Project) -> None:
    if project.shows_names and project.work not in NAMES_NEEDED:
        raise ValidationError(_("This work needs no names of companies: it is done by reference."))


# --- Looking ---------------------------------------------------------------------------------------------------------


def record_look(helper: Helper, *, accounts: Sequence[Account], page: str, searched: bool) -> None:
    """Journal that a helper opened a page, and about each account on it that it was seen: its holder reads that."""
    about: dict[str, Any] = {"actor": helper.user, "clause": "10", "category": helper.category, "page": page}
    opened = journal.line("helper.opened", count=len(accounts), searched=searched, **about)
    journal.record_all([opened, *(journal.line("helper.looked", account=seen, **about) for seen in accounts)])


def record_refusal(user: User, *, page: str, why: str) -> None:
    """Journal that a helper tried to open a page outside the window; no account was shown."""
    journal.record("helper.refused", actor=user, clause="10", page=page, why=why)


def check_keeps_register(actor: User, permission: str) -> None:
    """Refused to whoever may not do this in the register of helpers."""
    if not (actor.is_staff and actor.has_perm(f"processors.{permission}")):
        raise Refused("no_such_role", _("Your role does not keep the register of helpers."), clause="10")
