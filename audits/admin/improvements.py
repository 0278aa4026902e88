"""Improvements: carried out by their owner, looked at by somebody else, and done again when they did not help (§7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import linebreaksbr
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from audits import improving
from audits.admin.forms import DoneForm, ReplanForm, VerifyForm
from audits.admin.shown import improvement_chip, improvement_left, names
from audits.models import Improvement
from cannonworks.admin import Question, StaffAdmin, signed_in, today
from cannonworks.admin_words import day, due_chip, link, moment


class StageFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [
            ("todo", gettext_lazy("To do")),
            ("verify", gettext_lazy("Done, to be looked at")),
            ("mine", gettext_lazy("Mine, to do")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet | None:
        match self.value():
            case "todo":
                return queryset.to_do()
            case "verify":
                return queryset.to_verify()
            case "mine":
                return queryset.to_do().filter(owner=request.user)
        return None


@admin.register(Improvement)
class ImprovementAdmin(StaffAdmin):
    list_display = ("named", "owner", "stage", "due")
    list_filter = (StageFilter,)
    list_select_related = ("finding", "owner")
    search_fields = ("text__icontains", "finding__title__icontains")
    search_help_text = gettext_lazy("Words of the improvement or of its finding")
    reference_fields = ("reference",)
    sortable_by = ()
    fieldsets = (
        (gettext_lazy("Now"), {"fields": ("stage", "due", "owner", "of_finding")}),
        (gettext_lazy("What is done"), {"fields": ("what", "planned", "due_day")}),
        (
            gettext_lazy("Whether it helped"),
            {"fields": ("carried_out", "done_person", "outcome", "looked", "looker", "sight")},
        ),
    )
    actions_detail = ("done", "verify", "replan")

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        return (F("verified_at").desc(nulls_first=True), "due_on", "id")

    # --- What is shown ------------------------------------------------------------------------------------------------

    @display(description=gettext_lazy("improvement"), header=True)
    def named(self, row: Improvement) -> list[object]:
        return [row, row.finding]

    @display(description=gettext_lazy("state"))
    def stage(self, row: Improvement) -> str:
        return improvement_chip(row)

    @display(description=gettext_lazy("due"))
    def due(self, row: Improvement) -> str:
        return due_chip(None if row.finding.closed_at else improvement_left(row, on=today()))

    @display(description=gettext_lazy("finding"))
    def of_finding(self, row: Improvement) -> object:
        return link(row.finding)

    @display(description=gettext_lazy("what is done"))
    def what(self, row: Improvement) -> object:
        return linebreaksbr(row.text, autoescape=True)

    @display(description=gettext_lazy("planned at"))
    def planned(self, row: Improvement) -> str:
        return moment(row.planned_at)

    @display(description=gettext_lazy("done by"))
    def due_day(self, row: Improvement) -> str:
        return day(row.due_on)

    @display(description=gettext_lazy("carried out at"))
    def carried_out(self, row: Improvement) -> str:
        return moment(row.done_at)

    @display(description=gettext_lazy("carried out by"))
    def done_person(self, row: Improvement) -> str:
        return names([row.done_by])[row.done_by]

    @display(description=gettext_lazy("what was done"))
    def outcome(self, row: Improvement) -> object:
        return linebreaksbr(row.result, autoescape=True) or "–"

    @display(description=gettext_lazy("seen to help at"))
    def looked(self, row: Improvement) -> str:
        return moment(row.verified_at)

    @display(description=gettext_lazy("seen by"))
    def looker(self, row: Improvement) -> str:
        return names([row.verified_by])[row.verified_by]

    @display(description=gettext_lazy("what was seen"))
    def sight(self, row: Improvement) -> object:
        return linebreaksbr(row.seen, autoescape=True) or "–"

    # --- What is done -------------------------------------------------------------------------------------------------

    def possible(self, request: HttpRequest, row: Improvement) -> Iterator[str]:
        if row.finding.closed_at is not None or row.verified_at is not None:
            return
        if row.done_at is None:
            yield from ("done", "replan")
        elif row.done_by != signed_in(request).reference:
            yield "verify"

    @action(description=gettext_lazy("It is done"), permissions=["act"], icon="check", variant=ActionVariant.PRIMARY)
    def done(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say that it was carried out, and how."""
        row = self.row(request, object_id)
        question = Question(
            title=_("It is done"), facts=_facts(row), button=_("It is done"), fields=DoneForm,
            text=_("Then somebody else looks whether it helped."), initial={"result": row.result},
        )  # fmt: skip
        return self._do(request, row, question, improving.note_done, _("It is noted. Now somebody else looks at it."))

    @action(
        description=gettext_lazy("Did it help?"), permissions=["act"], icon="visibility", variant=ActionVariant.PRIMARY
    )
    def verify(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Look whether it helped, as somebody else."""
        row = self.row(request, object_id)
        is_own = row.done_by == signed_in(request).reference
        question = Question(
            title=_("Did it help?"), facts=[*_facts(row), (_("What was done"), row.result)], fields=VerifyForm,
            text=_("Look for yourself. When it did not help enough, it goes back to its owner."),
            warning=_("You did it yourself. Somebody else looks whether it helped.") if is_own else "",
            button="" if is_own else _("Keep what I saw"),
        )  # fmt: skip
        return self._do(request, row, question, improving.verify_improvement, _("What you saw is kept."))

    @action(description=gettext_lazy("Another owner or day"), permissions=["act"], icon="event_repeat")
    def replan(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give it another owner or day."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Another owner or day"), facts=_facts(row), button=_("Save"), fields=ReplanForm,
            text=_("The journal keeps the day that it had."), initial={"owner": row.owner_id, "due_on": row.due_on},
        )  # fmt: skip
        return self._do(request, row, question, improving.change_improvement, _("The improvement is changed."))

    def _do(self, request: HttpRequest, row: Improvement, question: Question, service: Any, done: str) -> HttpResponse:
        return self.act(
            request, question, lambda **said: service(row, actor=signed_in(request), at=timezone.now(), **said),
            done=done, row=row,
        )  # fmt: skip


def _facts(row: Improvement) -> list[tuple[str, object]]:
    return [(_("Finding"), row.finding), (_("What is done"), linebreaksbr(row.text, autoescape=True))]
