"""Notices: what the users of all accounts are told, from a day and until one (§1)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.admin.newsletter import MARKDOWN
from accounts.models import Notice
from accounts.notices import write_notice
from cannonworks.admin import Question, StaffAdmin, signed_in, today
from cannonworks.admin_fields import DayField
from cannonworks.admin_words import day


class NoticeForm(forms.Form):
    title_nl = forms.CharField(
        label=gettext_lazy("Title in Dutch"), max_length=100, widget=UnfoldAdminTextInputWidget()
    )
    text_nl = forms.CharField(
        label=gettext_lazy("Text in Dutch"), max_length=2000, help_text=MARKDOWN,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}),
    )  # fmt: skip
    title_en = forms.CharField(
        label=gettext_lazy("Title in English"), max_length=100, widget=UnfoldAdminTextInputWidget()
    )
    text_en = forms.CharField(
        label=gettext_lazy("Text in English"), max_length=2000, help_text=MARKDOWN,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}),
    )  # fmt: skip
    shown_from = DayField(label=gettext_lazy("Shown from"))
    shown_until = DayField(
        label=gettext_lazy("Shown until"), required=False,
        help_text=gettext_lazy("The last day; empty: until everybody has put it away."),
    )  # fmt: skip


@admin.register(Notice)
class NoticeAdmin(StaffAdmin):
    may = frozenset({"add"})
    list_display = ("__str__", "stage", "begins", "ends")
    ordering = ("-shown_from", "-id")
    fields = ("title_nl", "text_nl", "title_en", "text_en", "stage", "begins", "ends")
    readonly_fields = fields
    actions_detail = ("rewrite",)

    @display(description=gettext_lazy("state"), label={"now": "success", "later": "info", "over": ""})
    def stage(self, row: Notice) -> tuple[str, str]:
        on = today()
        if row.shown_until and row.shown_until < on:
            return "over", _("Over")
        return ("later", _("Later")) if row.shown_from > on else ("now", _("Shown"))

    @display(description=gettext_lazy("shown from"), ordering="shown_from")
    def begins(self, row: Notice) -> str:
        return day(row.shown_from)

    @display(description=gettext_lazy("shown until"), ordering="shown_until")
    def ends(self, row: Notice) -> str:
        return day(row.shown_until)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        """Write a notice."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        question = Question(
            title=_("Write a notice"), button=_("Save"), fields=NoticeForm, initial={"shown_from": today()},
            text=_("Every user of every account sees it on the overview, in their language, until they put it away."),
        )  # fmt: skip
        return self._write(request, question, Notice())

    @action(description=gettext_lazy("Change"), permissions=["act"], icon="edit")
    def rewrite(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Change it, or end it by its last day; who has put it away does not see it again."""
        row = self.row(request, object_id)
        written = {name: getattr(row, name) for name in NoticeForm.base_fields}
        question = Question(title=_("Change the notice"), button=_("Save"), fields=NoticeForm, initial=written)
        return self._write(request, question, row)

    def _write(self, request: HttpRequest, question: Question, row: Notice) -> HttpResponse:
        def save(**fields: Any) -> None:
            for name, value in fields.items():
                setattr(row, name, value)
            write_notice(row, actor=signed_in(request))

        return self.act(request, question, save, done=_("The notice is saved."), row=row if row.pk else None)
