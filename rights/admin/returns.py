"""Returns of data: how far each is and its clock; staff make one go on, and get nothing of what is in it (§6)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from cannonworks.admin import KnownValues, Question, StaffAdmin, signed_in
from cannonworks.admin_words import chip, due_chip, link, moment
from cannonworks.deadlines import explain
from rights import returning
from rights.clock import left_of_return
from rights.models import DataReturn
from rights.returned.shown import WHY
from rights.states import ReturnState

LOOKS = {ReturnState.READY: "success", ReturnState.STOPPED: "danger", ReturnState.RUNNING: "info"}


class StateFilter(KnownValues):
    title = gettext_lazy("state")
    field = "state"
    values = ReturnState.choices


class ClockFilter(admin.SimpleListFilter):
    title = gettext_lazy("clock")
    parameter_name = "clock"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [("late", gettext_lazy("Later than promised")), ("open", gettext_lazy("Under way"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet | None:
        match self.value():
            case "late":
                return queryset.overdue(timezone.now())
            case "open":
                return queryset.under_way()
        return None


@admin.register(DataReturn)
class ReturnAdmin(StaffAdmin):
    list_display = ("number", "company", "stage", "progress", "clock", "asked", "reason")
    list_filter = (ClockFilter, StateFilter)
    list_select_related = ("account__company",)
    reference_fields = ("reference", "account__reference")
    search_help_text = gettext_lazy("Reference of the return or of the account")
    ordering = ("-id",)
    sortable_by = ()
    fields = (
        "reference", "account_page", "stage", "reason", "progress", "clock", "counted", "asked", "ready", "expires",
        "taken",
    )  # fmt: skip
    actions_detail = ("resume",)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return ("state__exact",)  # the search box needs a field; references are found by their index

    @display(description=gettext_lazy("return"))
    def number(self, found: DataReturn) -> str:
        return str(found)

    @display(description=gettext_lazy("company"))
    def company(self, found: DataReturn) -> object:
        return getattr(found.account, "company", None)

    @display(description=gettext_lazy("account"))
    def account_page(self, found: DataReturn) -> str:
        return link(found.account, getattr(found.account, "company", None) or found.account)

    @display(description=gettext_lazy("state"))
    def stage(self, found: DataReturn) -> str:
        return chip(LOOKS.get(ReturnState(found.state), ""), found.get_state_display())

    @display(description=gettext_lazy("progress"))
    def progress(self, found: DataReturn) -> str:
        return f"{found.percent} % ({found.rows_done} / {found.rows_total})" if found.rows_total else "–"

    @display(description=gettext_lazy("clock"))
    def clock(self, found: DataReturn) -> str:
        return due_chip(left_of_return(found, on=timezone.localdate()))

    @display(description=gettext_lazy("how it is counted"))
    def counted(self, found: DataReturn) -> str:
        return " ".join(explain(found.deadline)) if found.is_under_way else "–"

    @display(description=gettext_lazy("stopped because"))
    def reason(self, found: DataReturn) -> str:
        return str(WHY.get(found.why, "")) or "–"

    @display(description=gettext_lazy("asked at"))
    def asked(self, found: DataReturn) -> str:
        return moment(found.asked_at)

    @display(description=gettext_lazy("ready at"))
    def ready(self, found: DataReturn) -> str:
        return moment(found.ready_at)

    @display(description=gettext_lazy("expires at"))
    def expires(self, found: DataReturn) -> str:
        return moment(found.expires_at)

    @display(description=gettext_lazy("first taken at"))
    def taken(self, found: DataReturn) -> str:
        return moment(found.taken_at)

    def possible(self, request: HttpRequest, found: DataReturn) -> Iterable[str]:
        return ["resume"] if found.state == ReturnState.STOPPED else []

    @action(
        description=gettext_lazy("Go on with it"), permissions=["act"], icon="play_arrow", variant=ActionVariant.PRIMARY
    )
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Go on with a return that stopped, once what stopped it is mended."""
        found = self.row(request, object_id)
        question = Question(
            title=_("Go on with it"),
            text=_("A worker goes on with the first file that is missing. Do so once what stopped it is mended."),
            facts=[(_("Account"), self.account_page(found)), (_("Stopped because"), self.reason(found))],
            button=_("Go on"),
        )
        return self.act(
            request,
            question,
            lambda: returning.resume_return(found, actor=signed_in(request)),
            done=_("The return goes on."),
            row=found,
        )
