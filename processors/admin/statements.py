"""Who signed to keep quiet, and who has not (§8)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminSelectWidget

from accounts import papers
from cannonworks.admin import Question, signed_in, today
from cannonworks.admin_fields import DayField, PaperField
from cannonworks.admin_words import chip, moment, short_day
from cannonworks.downloads import file_response
from processors import confidentiality, promised
from processors.admin.register import RegisterAdmin
from processors.models import Statement


class StatementForm(forms.Form):
    """Whose signed paper, of which day, and the paper itself."""

    user = forms.ModelChoiceField(
        confidentiality.asked(), label=gettext_lazy("Signed by"), widget=UnfoldAdminSelectWidget()
    )
    signed_on = DayField(label=gettext_lazy("Signed on"))
    file = PaperField(label=gettext_lazy("Signed paper"), clause="8")


class InForce(admin.SimpleListFilter):
    """Whether it counts now."""

    title = gettext_lazy("in force")
    parameter_name = "in_force"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [("yes", _("In force")), ("no", _("Over"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        counting = Statement.objects.in_force(today())
        if self.value() == "yes":
            return queryset.filter(pk__in=counting.values("pk"))
        return queryset.exclude(pk__in=counting.values("pk")) if self.value() == "no" else queryset


@admin.register(Statement)
class StatementAdmin(RegisterAdmin):
    list_display = ("who", "kind", "signed", "how", "standing")
    list_filter = (InForce,)
    list_select_related = ("user",)
    ordering = ("-signed_on", "-pk")
    fields = ("who", "kind", "signed", "how", "standing", "noted", "digest")
    actions_detail = ("open_paper", "end")
    list_before_template = "admin/processors/unsigned.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """The list, above which stands who has not signed."""
        without = confidentiality.unsigned(on=today())
        return super().changelist_view(request, {**(extra_context or {}), "unsigned": list(without)})

    @display(description=gettext_lazy("signed by"))
    def who(self, row: Statement) -> str:
        return row.user.full_name

    @display(description=gettext_lazy("kind"))
    def kind(self, row: Statement) -> str:
        return chip("warning", _("Helper")) if row.user.is_helper else chip("info", _("Staff"))

    @display(description=gettext_lazy("signed on"), ordering="signed_on")
    def signed(self, row: Statement) -> str:
        return short_day(row.signed_on)

    @display(description=gettext_lazy("how"))
    def how(self, row: Statement) -> str:
        return _("On paper") if row.paper_id else _("Here")

    @display(description=gettext_lazy("standing"))
    def standing(self, row: Statement) -> str:
        if row.ended_on is not None and row.ended_on <= today():
            return chip("", _("Ended on %(day)s") % {"day": short_day(row.ended_on)})
        if row.digest in promised.earlier():
            return chip("warning", _("Has to sign the new words"))
        return chip("success", _("In force"))

    @display(description=gettext_lazy("noted at"))
    def noted(self, row: Statement) -> str:
        return moment(row.noted_at)

    def enter(self, request: HttpRequest) -> HttpResponse:
        question = Question(
            title=_("Note a signed paper"),
            text=_("Whoever can sign in, signs on the page that is shown then. This is for what was signed on paper."),
            button=_("Note"), fields=StatementForm, initial={"signed_on": today()},
        )  # fmt: skip
        return self.act(
            request,
            question,
            lambda user, **said: confidentiality.note_on_paper(
                user, actor=signed_in(request), at=timezone.now(), **said
            ),
            done=_("The statement is noted."),
        )

    @action(description=gettext_lazy("Signed paper"), permissions=["view"], icon="picture_as_pdf")
    def open_paper(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What was signed."""
        paper = self.row(request, object_id).paper
        if paper is None:
            raise Http404
        return file_response(papers.opened(paper), paper.name)

    @action(description=gettext_lazy("End"), permissions=["act"], icon="event_busy", variant=ActionVariant.DANGER)
    def end(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End it: its signer sees nothing from this moment."""
        row = self.row(request, object_id)
        question = Question(
            title=_("End statement"),
            text=_("From this moment they see nothing, and are signed out. What they promised goes on."),
            facts=[(_("Signed by"), row.user.full_name), (_("Signed on"), short_day(row.signed_on))],
            button=_("End statement"), danger=True,
        )  # fmt: skip
        return self.act(
            request,
            question,
            lambda: confidentiality.end_statement(row, actor=signed_in(request), at=timezone.now()),
            done=_("The statement has ended."),
            row=row,
        )

    def possible(self, request: HttpRequest, row: Statement) -> Iterable[str]:
        return [*(["open_paper"] if row.paper_id else []), *(["end"] if row.ended_on is None else [])]
