"""Projects, in which helpers may look (§10)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
)

from cannonworks.admin import (
    DayField,
    Question,
    chip,
    day,
    link,
    moment,
    signed_in,
    soon,
    today,
    words,
)
from cannonworks.admin_fields import text
from cannonworks.deadlines import start_of_day
from processors import services
from processors.admin.register import RegisterAdmin
from processors.models import Helper, Project, SubProcessor


class ProjectForm(forms.Form):
    """What a project is called, when it runs, and who is in it; both days are in it."""

    name = text(gettext_lazy("Name"), most=120)
    sub_processor = forms.ModelChoiceField(
        SubProcessor.objects.order_by("name"), label=gettext_lazy("Sub-processor"), widget=UnfoldAdminSelectWidget()
    )
    first_day = DayField(label=gettext_lazy("From"))
    last_day = DayField(label=gettext_lazy("Up to and including"))
    helpers = forms.ModelMultipleChoiceField(
        Helper.objects.with_people().order_by("sub_processor__name", "pk"),
        label=gettext_lazy("Helpers"),
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["helpers"].label_from_instance = lambda helper: f"{helper} ({helper.sub_processor})"


@admin.register(Project)
class ProjectAdmin(RegisterAdmin):
    list_display = ("name", "sub_processor", "starts", "ends", "stage")
    list_filter = ("sub_processor",)
    list_select_related = ("sub_processor",)
    search_fields = ("name__icontains",)
    ordering = ("-starts_at",)
    fields = ("name", "sub_processor", "starts", "ends", "stage", "who")
    actions_detail = ("end",)

    @display(description=gettext_lazy("starts at"), ordering="starts_at")
    def starts(self, project: Project) -> str:
        return moment(project.starts_at)

    @display(description=gettext_lazy("ends at"), ordering="ends_at")
    def ends(self, project: Project) -> str:
        return moment(project.ends_at)

    @display(description=gettext_lazy("stage"))
    def stage(self, project: Project) -> str:
        at = timezone.now()
        if at < project.starts_at:
            return chip("info", _("To come"))
        return chip("success", _("Running")) if at < project.ends_at else chip("", _("Over"))

    @display(description=gettext_lazy("helpers"))
    def who(self, project: Project) -> str:
        return words(project.helpers.with_people().order_by("pk"))

    def enter(self, request: HttpRequest) -> HttpResponse:
        question = Question(
            title=_("Enter a project"),
            text=_("As long as it runs, its helpers can read the list of accounts, and no more than that."),
            button=_("Enter"),
            fields=ProjectForm,
            initial={"first_day": today(), "last_day": soon(14)},
        )

        def start(*, sub_processor: SubProcessor, first_day: Any, last_day: Any, **project: Any) -> None:
            starts_at, ends_at = start_of_day(first_day), start_of_day(last_day + timedelta(days=1))
            services.start_project(
                sub_processor, actor=signed_in(request), starts_at=starts_at, ends_at=ends_at, **project
            )

        return self.act(request, question, start, done=_("The project is entered."))

    @action(description=gettext_lazy("End now"), permissions=["act"], icon="event_busy", variant=ActionVariant.DANGER)
    def end(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End the project: its helpers are outside from this moment."""
        project = self.row(request, object_id)
        question = Question(
            title=_("End project"),
            text=_("From this moment its helpers see nothing, also those who are signed in."),
            facts=[
                (_("Project"), link(project)),
                (_("Sub-processor"), project.sub_processor),
                (_("Planned end"), day(timezone.localdate(project.ends_at))),
            ],
            button=_("End project"),
            danger=True,
        )
        return self.act(
            request,
            question,
            lambda: services.end_project(project, actor=signed_in(request), at=timezone.now()),
            done=_("The project has ended."),
            row=project,
        )

    def possible(self, request: HttpRequest, project: Project) -> Iterable[str]:
        return ["end"] if project.starts_at < timezone.now() < project.ends_at else []
