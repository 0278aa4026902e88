"""Who may see a helper's page: helpers, and only inside the window of a running project (§10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from processors import helping
from processors.models import Helper, Project


class Why(models.TextChoices):
    """Why a helper sees nothing at this moment; the first that holds is told."""

    LEFT = "left", _("Your access has ended: you no longer work on CannonWorks for your company.")
    UNSIGNED = "unsigned", _("Your confidentiality statement is not signed, or has ended.")
    HOUSE = "house", _("Your company does not work for CannonWorks at this moment.")
    AGREEMENT = "agreement", _("The agreement between your company and CannonWorks has ended, or is not signed yet.")
    OVER = "over", _("Your project is over.")
    TO_COME = "to_come", _("Your project has not begun yet.")
    NO_PROJECT = "no_project", _("You are not in a project.")


@dataclass(frozen=True)
class Outside:
    """Why somebody is outside, and the project that this is about, if it is."""

    why: Why
    project: Project | None = None


def inside_only(view: Callable[[HttpRequest, Helper], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Show the page to a helper whose window is open at this moment; the database holds him to it as well.

    To others it says why they see nothing, and that they asked is journalled.
    """

    @wraps(view)
    def checked(request: HttpRequest) -> HttpResponse:
        if not request.user.is_helper:
            return redirect("dashboard")
        at = timezone.now()
        helper = Helper.objects.inside(at).filter(user=request.user.pk).first()
        if helper is None:
            found = outside(request.user.pk, at=at)
            helping.record_refusal(request.user, page=view.__name__, why=found.why)
            return render(request, "processors/outside.html", {"outside": found}, status=403)
        helper.user = request.user
        return view(request, helper)

    return checked


def outside(user: int, *, at: datetime) -> Outside:
    """Why the helper with this user sees nothing at this moment."""
    helper = Helper.objects.filter(user=user).select_related("sub_processor__agreement").only(
        "category", "ended_at", "user", "sub_processor__stage", "sub_processor__agreement__signed_on",
        "sub_processor__agreement__valid_until",
    ).first()  # fmt: skip
    on = timezone.localdate(at)
    if helper is None or not Helper.objects.staying(at).filter(pk=helper.pk).exists():
        return Outside(Why.LEFT)
    if (why := _of_papers(helper, on=on)) is not None:
        return Outside(why)
    projects = Project.objects.filter(helpers=helper, sub_processor=helper.sub_processor_id)
    if coming := projects.filter(starts_at__gt=at).order_by("starts_at").first():
        return Outside(Why.TO_COME, coming)
    over = projects.order_by("-ends_at").first()
    return Outside(Why.OVER, over) if over else Outside(Why.NO_PROJECT)


def _of_papers(helper: Helper, *, on: date) -> Why | None:
    if not helper.user.statements.in_force(on).exists():
        return Why.UNSIGNED
    house = helper.sub_processor
    if house.stage != "active":
        return Why.HOUSE
    agreement = house.agreement
    holds = agreement and agreement.signed_on <= on and (agreement.valid_until is None or on <= agreement.valid_until)
    return None if holds else Why.AGREEMENT
