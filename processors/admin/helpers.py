"""Helpers: who they are, and whether they signed to keep quiet (§8, §10)."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms
from django.contrib import admin
from django.contrib.auth.password_validation import validate_password
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
)

from accounts.roles import HelperCategory
from cannonworks.admin import Question, signed_in, today
from cannonworks.admin_fields import text
from cannonworks.admin_words import chip, link, moment, short_day, words
from processors import helping
from processors.admin.register import RegisterAdmin
from processors.models import Helper, SubProcessor


class HelperForm(forms.Form):
    """Somebody of a sub-processor, with a first password."""

    sub_processor = forms.ModelChoiceField(
        SubProcessor.objects.order_by("name"), label=gettext_lazy("Sub-processor"), widget=UnfoldAdminSelectWidget()
    )
    category = forms.ChoiceField(
        label=gettext_lazy("Category"), choices=HelperCategory.choices, widget=UnfoldAdminSelectWidget()
    )
    first_name = text(gettext_lazy("First name"), most=60)
    infix = text(gettext_lazy("Infix"), most=20, required=False)
    last_name = text(gettext_lazy("Last name"), most=80)
    email = forms.EmailField(label=gettext_lazy("E-mail"), widget=UnfoldAdminEmailInputWidget())
    password = forms.CharField(
        label=gettext_lazy("First password"),
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        validators=[validate_password],
        strip=False,
    )


@admin.register(Helper)
class HelperAdmin(RegisterAdmin):
    list_display = ("user", "sub_processor", "category", "signed", "window")
    list_filter = ("category", "sub_processor")
    list_select_related = ("user", "sub_processor")
    ordering = ("sub_processor__name", "pk")
    fields = ("user", "sub_processor", "category", "signed", "window", "in_projects", "left")
    actions_detail = ("end",)

    @display(description=gettext_lazy("statement signed on"), ordering="bound_since")
    def signed(self, helper: Helper) -> str:
        return short_day(helper.bound_since)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).with_statement(today())

    @display(description=gettext_lazy("left"))
    def left(self, helper: Helper) -> str:
        return moment(helper.ended_at)

    @display(description=gettext_lazy("access"))
    def window(self, helper: Helper) -> str:
        if helper.ended_at is not None:
            return chip("danger", _("Has left"))
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
            lambda sub_processor, **helper: helping.add_helper(sub_processor, actor=signed_in(request), **helper),
            done=_("The helper is entered."),
        )

    @action(description=gettext_lazy("Has left"), permissions=["act"], icon="person_off", variant=ActionVariant.DANGER)
    def end(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Shut a helper out who left: sign-in, sessions and projects."""
        helper = self.row(request, object_id)
        question = Question(
            title=_("Shut out who left"),
            text=_("From this moment there is no sign-in and no access, also for who is signed in. It is for good."),
            facts=[
                (_("Helper"), link(helper)),
                (_("Sub-processor"), helper.sub_processor),
                (_("Projects"), self.in_projects(helper)),
            ],
            button=_("Shut out"),
            danger=True,
        )
        return self.act(
            request,
            question,
            lambda: helping.end_helper(helper, actor=signed_in(request), at=timezone.now()),
            done=_("The helper is shut out."),
            row=helper,
        )

    def possible(self, request: HttpRequest, helper: Helper) -> Iterable[str]:
        return self.actions_detail if helper.ended_at is None else []
