"""Erasures and the warnings before them: to look at, to let a parked one try again, to download its statement."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from cannonworks.admin import KnownValues, Question, StaffAdmin, Table, signed_in
from cannonworks.admin_words import categories, chip, day, link, short_day
from cannonworks.downloads import file_response
from cannonworks.rules import RULES, WARNING_DAYS
from retention import parking, statements
from retention.admin.accounts import why_erased
from retention.models import Erasure, ErasureWarning, Step


class ProgressFilter(admin.SimpleListFilter):
    title = gettext_lazy("progress")
    parameter_name = "progress"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [
            ("parked", gettext_lazy("Parked")),
            ("running", gettext_lazy("Under way")),
            ("done", gettext_lazy("Done")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet | None:
        match self.value():
            case "parked":
                return queryset.parked()
            case "running":
                return queryset.exclude(step=Step.DONE).filter(parked_at__isnull=True)
            case "done":
                return queryset.filter(step=Step.DONE)
        return None


class RuleFilter(KnownValues):
    title = gettext_lazy("rule")
    field = "rule"
    values = [(rule.name, rule.why) for rule in RULES if rule.erase is not None]


class DaysFilter(KnownValues):
    title = gettext_lazy("days before")
    field = "days"
    values = [(str(days), str(days)) for days in WARNING_DAYS]


@admin.register(Erasure)
class ErasureAdmin(StaffAdmin):
    list_display = ("run", "company", "account", "progress", "why", "due", "rows_total", "attempts", "finished")
    list_filter = (ProgressFilter, RuleFilter)
    list_select_related = ("account__company",)
    search_fields = ()
    reference_fields = ("reference", "account__reference")
    search_help_text = gettext_lazy("Reference of the erasure or of the account")
    fieldsets = (
        (
            gettext_lazy("Erasure"),
            {
                "fields": (
                    "reference",
                    "account",
                    "company",
                    "why",
                    "due_on",
                    "claimed_on",
                    "erased",
                    "held_back",
                )
            },
        ),
        (
            gettext_lazy("Progress"),
            {"fields": ("progress", "rows_total", "looked_again", "done_at", "rules_digest")},
        ),
        (gettext_lazy("Failure"), {"fields": ("attempts", "failure", "retry_at", "parked_at")}),
    )
    change_form_outer_after_template = "admin/_partials/tables.html"
    actions_detail = ("statement_as_pdf", "statement_as_json", "try_again")

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        return (F("parked_at").desc(nulls_last=True), "-id")

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return ("clause__exact",)  # the search box needs a field; references are found by their index

    @display(description=gettext_lazy("erasure"), ordering="id")
    def run(self, run: Erasure) -> str:
        return str(run)

    @display(description=gettext_lazy("company"))
    def company(self, run: Erasure) -> object:
        return getattr(run.account, "company", None)

    @display(description=gettext_lazy("progress"))
    def progress(self, run: Erasure) -> str:
        step = run.get_step_display()
        if run.parked_at:
            return chip("danger", _("Parked at: %(step)s") % {"step": step})
        return chip("success" if run.step == Step.DONE else "info", step)

    @display(description=gettext_lazy("due on"), ordering="due_on")
    def due(self, run: Erasure) -> str:
        return short_day(run.due_on)

    @display(description=gettext_lazy("done at"), ordering="done_at")
    def finished(self, run: Erasure) -> str:
        return short_day(run.done_at and localtime(run.done_at))

    @display(description=gettext_lazy("rule"), ordering="rule")
    def why(self, run: Erasure) -> str:
        return why_erased(run)

    @display(description=gettext_lazy("rows"))
    def rows_total(self, run: Erasure) -> int:
        return sum(run.rows.values())

    @display(description=gettext_lazy("categories"))
    def erased(self, run: Erasure) -> str:
        return categories(run.categories)

    @display(description=gettext_lazy("held back"))
    def held_back(self, run: Erasure) -> str:
        return categories(run.held)

    @display(description=gettext_lazy("re-scan"))
    def looked_again(self, run: Erasure) -> str:
        if run.rescan is None:
            return _("Not yet")
        return _("%(places)s places looked through, %(found)s rows found") % run.rescan

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        """Show the run with the number of rows per table."""
        run = self.row(request, object_id)
        below = {"tables": [_counts(run)]} if self.has_view_permission(request, run) else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **below})

    @action(description=gettext_lazy("Statement (PDF)"), permissions=["view"], icon="picture_as_pdf")
    def statement_as_pdf(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Download the statement as a document."""
        run = self._with_statement(request, object_id)
        return file_response(statements.statement_pdf(run), f"erasure-{run}.pdf")

    @action(description=gettext_lazy("Statement (JSON)"), permissions=["view"], icon="data_object")
    def statement_as_json(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Download the signed statement itself."""
        run = self._with_statement(request, object_id)
        body = json.dumps(run.statement, ensure_ascii=False, indent=2, sort_keys=True)
        return file_response(body, f"erasure-{run}.json")

    @action(
        description=gettext_lazy("Try again"),
        permissions=["act"],
        icon="replay",
        variant=ActionVariant.PRIMARY,
    )
    def try_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let a parked erasure go on from the step it had reached."""
        run = self.row(request, object_id)
        question = Question(
            title=_("Try again"),
            text=_("The erasure goes on from the step it had reached. Do this once the cause of the failure is gone."),
            facts=[
                (_("Account"), link(run.account)),
                (_("Step"), run.get_step_display()),
                (_("Failed attempts"), run.attempts),
                (_("Failure"), run.failure or "–"),
            ],
            button=_("Try again"),
        )
        return self.act(
            request,
            question,
            lambda: parking.unpark(run, actor=signed_in(request)),
            done=_("The erasure goes on."),
            row=run,
        )

    def possible(self, request: HttpRequest, run: Erasure) -> Iterable[str]:
        ready = ["statement_as_pdf", "statement_as_json"] if run.statement else []
        return [*ready, "try_again"] if run.parked_at else ready

    def _with_statement(self, request: HttpRequest, object_id: str) -> Erasure:
        run = self.row(request, object_id)
        if not run.statement:
            raise Http404
        return run


@admin.register(ErasureWarning)
class WarningAdmin(StaffAdmin):
    list_display = ("account", "company", "days", "erase_on", "planned_on", "sent", "attempts", "failure")
    list_filter = (("sent_at", admin.EmptyFieldListFilter), DaysFilter)
    list_select_related = ("account__company",)
    reference_fields = ("account__reference",)
    search_fields = ("failure__icontains",)
    search_help_text = gettext_lazy("Reference of the account, or words of a failure")
    fields = (
        "account",
        "company",
        "days",
        "erase_on",
        "planned_on",
        "sent",
        "sent_at",
        "attempts",
        "retry_at",
        "failure",
    )

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        return (F("sent_at").desc(nulls_first=True), "erase_on", "-id")

    @display(description=gettext_lazy("company"))
    def company(self, warning: ErasureWarning) -> object:
        return getattr(warning.account, "company", None)

    @display(description=gettext_lazy("sent"))
    def sent(self, warning: ErasureWarning) -> str:
        if warning.sent_at:
            return chip("success", _("Sent"))
        return chip("danger", _("Could not be sent")) if warning.failure else chip("warning", _("Not yet sent"))


def _counts(run: Erasure) -> Table:
    names = {model._meta.db_table: model._meta.verbose_name_plural for model in apps.get_models()}
    return Table(
        _("Rows erased, by table"),
        [_("Data"), _("Table"), _("Rows")],
        [[str(names.get(table, "–")).capitalize(), table, count] for table, count in sorted(run.rows.items())],
        note=_("Claimed for erasure on %(day)s.") % {"day": day(run.claimed_on)},
    )
