"""The register of sub-processors: what they do, where, and under which papers (§9, §11)."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminSelectWidget,
)

from cannonworks.admin import (
    Question,
    signed_in,
)
from cannonworks.admin_fields import text
from cannonworks.countries import countries
from processors import services
from processors.admin.register import RegisterAdmin
from processors.models import SubProcessor, SubProcessorRole


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

    name = text(gettext_lazy("Name"), most=120)
    field_order = ("name", "role", "country")


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
