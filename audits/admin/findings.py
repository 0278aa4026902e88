"""Findings: what is not as it should be, followed until it is better or is accepted for a reason (§7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import linebreaksbr
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from audits import improving
from audits.admin.forms import BecauseForm, FindingForm, PlanForm
from audits.admin.shown import finding_chip, finding_left, improvement_chip, improvement_left, names, severity_chip
from audits.models import Finding, Origin, Severity
from cannonworks.admin import KnownValues, Question, StaffAdmin, Table, signed_in, today
from cannonworks.admin_words import due_chip, link, moment

#: What is proposed to plan within.
A_MONTH = 30


class StageFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [
            ("open", gettext_lazy("Open")),
            ("undecided", gettext_lazy("To plan or close")),
            ("closed", gettext_lazy("Closed")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet | None:
        match self.value():
            case "open":
                return queryset.open()
            case "undecided":
                return queryset.undecided()
            case "closed":
                return queryset.filter(closed_at__isnull=False)
        return None


class SeverityFilter(KnownValues):
    title = gettext_lazy("severity")
    field = "severity"
    values = Severity.choices


class OriginFilter(KnownValues):
    title = gettext_lazy("comes from")
    field = "origin"
    values = Origin.choices


@admin.register(Finding)
class FindingAdmin(StaffAdmin):
    may = frozenset({"add"})
    list_display = ("named", "how_bad", "stage", "due", "recorded")
    list_filter = (StageFilter, SeverityFilter, OriginFilter)
    list_select_related = ("measure",)
    search_fields = ("title__icontains",)
    search_help_text = gettext_lazy("Words of the title, or reference of the audit, breach or review")
    reference_fields = ("reference", "of")
    sortable_by = ()
    fieldsets = (
        (gettext_lazy("Now"), {"fields": ("stage", "next_step", "due", "how_bad")}),
        (
            gettext_lazy("What was found"),
            {"fields": ("what", "came_from", "about", "recorded", "recorder", "own_reference")},
        ),
        (gettext_lazy("How it ended"), {"fields": ("ended", "ended_by", "why_accepted")}),
    )
    actions_detail = ("plan", "close", "accept")
    change_form_outer_after_template = "admin/_partials/tables.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("improvements")

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        return (F("closed_at").desc(nulls_first=True), "found_at", "id")

    # --- What is shown ------------------------------------------------------------------------------------------------

    @display(description=gettext_lazy("finding"), header=True)
    def named(self, row: Finding) -> list[object]:
        return [row, row.get_origin_display()]

    @display(description=gettext_lazy("severity"))
    def how_bad(self, row: Finding) -> str:
        return severity_chip(row)

    @display(description=gettext_lazy("state"))
    def stage(self, row: Finding) -> str:
        return finding_chip(row, row.improvements.all())

    @display(description=gettext_lazy("due"))
    def due(self, row: Finding) -> str:
        return due_chip(finding_left(row, row.improvements.all(), on=today()))

    @display(description=gettext_lazy("recorded at"))
    def recorded(self, row: Finding) -> str:
        return moment(row.found_at)

    @display(description=gettext_lazy("what now"))
    def next_step(self, row: Finding) -> str:
        if row.closed_at is not None:
            return _("Nothing: it is closed.")
        return improving.left_to_do(row) or _("All that was planned was seen to help: close it.")

    @display(description=gettext_lazy("what was found"))
    def what(self, row: Finding) -> object:
        return linebreaksbr(row.text, autoescape=True)

    @display(description=gettext_lazy("comes from"))
    def came_from(self, row: Finding) -> str:
        return f"{row.get_origin_display()} {str(row.of)[:8] if row.of else ''}".strip()

    @display(description=gettext_lazy("measure"))
    def about(self, row: Finding) -> object:
        return link(row.measure, row.measure.title) if row.measure else "–"

    @display(description=gettext_lazy("recorded by"))
    def recorder(self, row: Finding) -> str:
        return names([row.found_by])[row.found_by]

    @display(description=gettext_lazy("reference"))
    def own_reference(self, row: Finding) -> str:
        return str(row.reference)

    @display(description=gettext_lazy("closed at"))
    def ended(self, row: Finding) -> str:
        return moment(row.closed_at)

    @display(description=gettext_lazy("closed by"))
    def ended_by(self, row: Finding) -> str:
        return names([row.closed_by])[row.closed_by]

    @display(description=gettext_lazy("accepted because"))
    def why_accepted(self, row: Finding) -> object:
        return linebreaksbr(row.accepted_because, autoescape=True) or "–"

    def render_change_form(self, request: HttpRequest, context: dict, **options: Any) -> HttpResponse:
        """With what is done about it."""
        return super().render_change_form(request, {**context, "tables": [improvements(options["obj"])]}, **options)

    # --- What is done -------------------------------------------------------------------------------------------------

    def possible(self, request: HttpRequest, row: Finding) -> Iterator[str]:
        if row.closed_at is None:
            yield from ("plan", "accept")
            if not improving.left_to_do(row):
                yield "close"

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        """Record what somebody noticed; of audits, breaches and reviews it is recorded on their own pages."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        question = Question(
            title=_("Record a finding"),
            text=_("Something is not as it should be. It stays open until it is better, or is accepted with a reason."),
            button=_("Record the finding"), fields=FindingForm,
        )  # fmt: skip
        made: list[Finding] = []

        def record(**said: Any) -> None:
            made.append(
                improving.record_finding(
                    origin=Origin.OTHER, of=None, actor=signed_in(request), at=timezone.now(), **said
                )
            )

        answer = self.act(request, question, record, done=_("The finding is recorded. Now plan what is done about it."))
        return redirect(self.page_of(made[0])) if made else answer

    @action(
        description=gettext_lazy("Plan an improvement"), permissions=["act"], icon="construction",
        variant=ActionVariant.PRIMARY,
    )  # fmt: skip
    def plan(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say what is done about it, by whom and by when."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Plan an improvement"), facts=_facts(row), button=_("Plan it"), fields=PlanForm,
            text=_("When it is done, somebody else looks whether it helped."),
            initial={"owner": signed_in(request).pk, "due_on": today() + timedelta(days=A_MONTH)},
        )  # fmt: skip
        return self._do(request, row, question, improving.plan_improvement, _("The improvement is planned."))

    @action(description=gettext_lazy("Close"), permissions=["act"], icon="task_alt", variant=ActionVariant.PRIMARY)
    def close(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End it, when all that was planned helped."""
        row = self.row(request, object_id)
        left = improving.left_to_do(row)
        question = Question(
            title=_("Close the finding"), facts=_facts(row), warning=left,
            button="" if left else _("Close the finding"),
            text=_("All that was planned was seen to help by somebody else. It stays in the register."),
        )  # fmt: skip
        return self._do(request, row, question, improving.close_finding, _("The finding is closed."))

    @action(description=gettext_lazy("Accept"), permissions=["act"], icon="thumb_up")
    def accept(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End it without doing more, with a reason."""
        row = self.row(request, object_id)
        is_own = row.severity == Severity.HIGH and row.found_by == signed_in(request).reference
        warning = _("You recorded it, and its severity is high. Somebody else decides to accept it.") if is_own else ""
        question = Question(
            title=_("Accept the finding"), facts=_facts(row), danger=True, fields=BecauseForm, warning=warning,
            text=_("Nothing more is done about it. An inspector will read your reason."),
            button="" if is_own else _("Accept it"),
        )  # fmt: skip
        return self._do(request, row, question, improving.accept_finding, _("The finding is accepted."))

    def _do(self, request: HttpRequest, row: Finding, question: Question, service: Any, done: str) -> HttpResponse:
        return self.act(
            request, question, lambda **said: service(row, actor=signed_in(request), at=timezone.now(), **said),
            done=done, row=row,
        )  # fmt: skip


def _facts(row: Finding) -> list[tuple[str, object]]:
    return [
        (_("Finding"), row.title), (_("What was found"), linebreaksbr(row.text, autoescape=True)),
        (_("Severity"), severity_chip(row)),
    ]  # fmt: skip


def improvements(row: Finding) -> Table:
    """What is done about a finding, each with its own page."""
    found: Iterable[Any] = row.improvements.prefetch_related("owner").order_by("id")
    is_open = row.closed_at is None
    rows = [
        [
            link(each), each.owner, improvement_chip(each),
            due_chip(improvement_left(each, on=today()) if is_open else None),
            linebreaksbr(each.result, autoescape=True) or "–", linebreaksbr(each.seen, autoescape=True) or "–",
        ]
        for each in found
    ]  # fmt: skip
    headers = [_("Improvement"), _("Owner"), _("State"), _("Due"), _("What was done"), _("What was seen")]
    return Table(_("Improvements"), headers, rows)
