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
    UnfoldBooleanWidget,
)

from accounts.roles import HelperCategory
from cannonworks.admin import Question, signed_in, soon, today
from cannonworks.admin_fields import DayField, text
from cannonworks.admin_words import chip, day, link, moment, words
from cannonworks.deadlines import start_of_day
from processors import helping
from processors.admin.register import RegisterAdmin
from processors.models import Helper, Project, SubProcessor


class HelpersField(forms.ModelMultipleChoiceField):
    """Helpers who have not left, each with the sub-processor."""

    def __init__(self, **options: Any) -> None:
        rows = Helper.objects.with_people().filter(ended_at__isnull=True).order_by("sub_processor__name", "pk")
        super().__init__(
            rows, label=gettext_lazy("Helpers"), widget=UnfoldAdminCheckboxSelectMultipleWidget(), **options
        )

    def label_from_instance(self, helper: Any) -> str:
        return f"{helper} ({helper.sub_processor})"


class ProjectForm(forms.Form):
    """What a project is called and is for, when it runs, and who is in it; both days are in it."""

    name = text(gettext_lazy("Name"), most=120)
    purpose = text(
        gettext_lazy("What for"), most=300, rows=2, help_text=gettext_lazy("Helpers read it too: name nobody in it.")
    )
    work = forms.ChoiceField(
        label=gettext_lazy("Work"), choices=HelperCategory.choices, widget=UnfoldAdminSelectWidget()
    )
    shows_names = forms.BooleanField(
        label=gettext_lazy("Show names and KvK numbers of companies"),
        help_text=gettext_lazy(
            "Only where the work cannot be done by reference: the help desk, and support for integrations."
        ),
        required=False,
        widget=UnfoldBooleanWidget(),
    )
    sub_processor = forms.ModelChoiceField(
        SubProcessor.objects.order_by("name"), label=gettext_lazy("Sub-processor"), widget=UnfoldAdminSelectWidget()
    )
    first_day = DayField(label=gettext_lazy("From"))
    last_day = DayField(label=gettext_lazy("Up to and including"))
    helpers = HelpersField()


class EndForm(forms.Form):
    """The last day of a project."""

    last_day = DayField(label=gettext_lazy("Up to and including"))


class WhoForm(forms.Form):
    """Who is in a project."""

    helpers = HelpersField(required=False)


@admin.register(Project)
class ProjectAdmin(RegisterAdmin):
    list_display = ("name", "sub_processor", "work", "starts", "ends", "stage")
    list_filter = ("sub_processor",)
    list_select_related = ("sub_processor",)
    search_fields = ("name__icontains",)
    ordering = ("-starts_at",)
    fields = ("name", "purpose", "work", "names", "sub_processor", "starts", "ends", "stage", "who")
    actions_detail = ("move", "choose", "end")

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

    @display(description=gettext_lazy("names of companies"))
    def names(self, project: Project) -> str:
        return chip("warning", _("Shown")) if project.shows_names else chip("success", _("Masked"))

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
            helping.start_project(
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
            lambda: helping.end_project(project, actor=signed_in(request), at=timezone.now()),
            done=_("The project has ended."),
            row=project,
        )

    @action(description=gettext_lazy("Extend or shorten"), permissions=["act"], icon="edit_calendar")
    def move(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give the project another last day."""
        project = self.row(request, object_id)
        last_day = timezone.localdate(project.ends_at - timedelta(microseconds=1))
        question = Question(
            title=_("Extend or shorten"),
            text=_("Its helpers can look up to and including this day, and not an instant longer."),
            facts=[(_("Project"), link(project)), (_("Last day now"), day(last_day))],
            button=_("Save"),
            fields=EndForm,
            initial={"last_day": last_day},
        )

        def move_end(*, last_day: Any) -> None:
            ends_at = start_of_day(last_day + timedelta(days=1))
            helping.move_end(project, actor=signed_in(request), ends_at=ends_at, at=timezone.now())

        return self.act(request, question, move_end, done=_("The end is moved."), row=project)

    @action(description=gettext_lazy("Change helpers"), permissions=["act"], icon="group")
    def choose(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say who is in the project."""
        project = self.row(request, object_id)
        question = Question(
            title=_("Change helpers"),
            text=_("Who is taken out sees nothing from this moment."),
            facts=[(_("Project"), link(project)), (_("Sub-processor"), project.sub_processor)],
            button=_("Save"),
            fields=WhoForm,
            initial={"helpers": list(project.helpers.values_list("pk", flat=True))},
        )
        return self.act(
            request,
            question,
            lambda helpers: helping.change_helpers(
                project, actor=signed_in(request), helpers=helpers, at=timezone.now()
            ),
            done=_("The helpers are changed."),
            row=project,
        )

    def possible(self, request: HttpRequest, project: Project) -> Iterable[str]:
        at = timezone.now()
        if project.ends_at <= at:
            return []
        return self.actions_detail if project.starts_at < at else ["move", "choose"]
