"""The register of sub-processors, their helpers and the projects that let those look (§10)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminEmailInputWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.roles import HelperCategory
from cannonworks.admin import (
    DayField,
    Question,
    StaffAdmin,
    chip,
    day,
    link,
    moment,
    short_day,
    signed_in,
    soon,
    today,
    words,
)
from cannonworks.countries import countries
from cannonworks.deadlines import start_of_day
from processors import services
from processors.models import Helper, Project, SubProcessor, SubProcessorRole


def text(label: Any, **options: Any) -> forms.CharField:
    return forms.CharField(label=label, widget=UnfoldAdminTextInputWidget(), **options)


class RoleForm(forms.Form):
    """What a company does for CannonWorks, and where it is established."""

    role = forms.ChoiceField(
        label=gettext_lazy("Role"), choices=SubProcessorRole.choices, widget=UnfoldAdminSelectWidget()
    )
    country = forms.ChoiceField(
        label=gettext_lazy("Country"), choices=countries, initial="NL", widget=UnfoldAdminSelectWidget()
    )


class SubProcessorForm(RoleForm):
    """A company that works for CannonWorks."""

    name = text(gettext_lazy("Name"), max_length=120)
    field_order = ("name", "role", "country")


class HelperForm(forms.Form):
    """Somebody of a sub-processor, with a first password."""

    sub_processor = forms.ModelChoiceField(
        SubProcessor.objects.order_by("name"), label=gettext_lazy("Sub-processor"), widget=UnfoldAdminSelectWidget()
    )
    category = forms.ChoiceField(
        label=gettext_lazy("Category"), choices=HelperCategory.choices, widget=UnfoldAdminSelectWidget()
    )
    first_name = text(gettext_lazy("First name"), max_length=60)
    infix = text(gettext_lazy("Infix"), max_length=20, required=False)
    last_name = text(gettext_lazy("Last name"), max_length=80)
    email = forms.EmailField(label=gettext_lazy("E-mail"), widget=UnfoldAdminEmailInputWidget())
    password = forms.CharField(
        label=gettext_lazy("First password"),
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        validators=[validate_password],
        strip=False,
    )


class StatementForm(forms.Form):
    """The day on a signed confidentiality statement."""

    signed_on = DayField(label=gettext_lazy("Signed on"))


class ProjectForm(forms.Form):
    """What a project is called, when it runs, and who is in it; both days are in it."""

    name = text(gettext_lazy("Name"), max_length=120)
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


class RegisterAdmin(StaffAdmin):
    """A part of the register: entered by way of a question, then shown."""

    may = frozenset({"add"})

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        """Ask what is to be entered, and enter it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self.enter(request)


@admin.register(SubProcessor)
class SubProcessorAdmin(RegisterAdmin):
    list_display = ("name", "role", "where")
    search_fields = ("name__icontains",)
    ordering = ("name",)
    fields = ("name", "role", "where")
    actions_detail = ("describe",)

    @display(description=gettext_lazy("country"))
    def where(self, row: SubProcessor) -> str:
        return row.place

    @action(description=gettext_lazy("Change role or country"), permissions=["act"], icon="edit")
    def describe(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say what it does and where."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Change role or country"),
            text=_("The public list of sub-processors shows this at once."),
            facts=[(_("Sub-processor"), row)],
            button=_("Save"),
            fields=RoleForm,
            initial={"role": row.role, "country": row.country},
        )
        return self.act(
            request,
            question,
            lambda **said: services.change_sub_processor(row, actor=signed_in(request), **said),
            done=_("The sub-processor is changed."),
            row=row,
        )

    def enter(self, request: HttpRequest) -> HttpResponse:
        question = Question(title=_("Enter a sub-processor"), button=_("Enter"), fields=SubProcessorForm)
        return self.act(
            request,
            question,
            lambda **said: services.add_sub_processor(actor=signed_in(request), **said),
            done=_("The sub-processor is entered."),
        )


@admin.register(Helper)
class HelperAdmin(RegisterAdmin):
    list_display = ("user", "sub_processor", "category", "signed", "window")
    list_filter = ("category", "sub_processor")
    list_select_related = ("user", "sub_processor")
    ordering = ("sub_processor__name", "pk")
    fields = ("user", "sub_processor", "category", "signed", "window", "in_projects")
    actions_detail = ("sign",)

    @display(description=gettext_lazy("statement signed on"), ordering="statement_signed_on")
    def signed(self, helper: Helper) -> str:
        return short_day(helper.statement_signed_on)

    @display(description=gettext_lazy("access"))
    def window(self, helper: Helper) -> str:
        inside = Helper.objects.inside(timezone.now()).filter(pk=helper.pk).exists()
        return chip("success", _("Inside")) if inside else chip("", _("No access now"))

    @display(description=gettext_lazy("projects"))
    def in_projects(self, helper: Helper) -> str:
        return words(helper.projects.order_by("-starts_at"))

    def enter(self, request: HttpRequest) -> HttpResponse:
        question = Question(
            title=_("Enter a helper"),
            text=_(
                "A helper sees nothing before the confidentiality statement is signed and a project of theirs runs."
            ),
            button=_("Enter"),
            fields=HelperForm,
        )
        return self.act(
            request,
            question,
            lambda sub_processor, **helper: services.add_helper(sub_processor, actor=signed_in(request), **helper),
            done=_("The helper is entered."),
        )

    @action(
        description=gettext_lazy("Note signed statement"),
        permissions=["act"],
        icon="signature",
        variant=ActionVariant.PRIMARY,
    )
    def sign(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Note that the confidentiality statement is there."""
        helper = self.row(request, object_id)
        question = Question(
            title=_("Note signed statement"),
            text=_("Only with the signed confidentiality statement in hand."),
            facts=[(_("Helper"), helper), (_("Sub-processor"), helper.sub_processor)],
            button=_("Note"),
            fields=StatementForm,
            initial={"signed_on": today()},
        )
        return self.act(
            request,
            question,
            lambda signed_on: services.note_statement(
                helper, actor=signed_in(request), signed_on=signed_on, on=today()
            ),
            done=_("The statement is noted."),
            row=helper,
        )


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
