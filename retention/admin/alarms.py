"""Alarms: raised and cleared by the check alone, so there is nothing to click away."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from cannonworks.admin import StaffAdmin
from cannonworks.admin_words import chip
from retention.models import Alarm


class OpenFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [("open", gettext_lazy("Open")), ("cleared", gettext_lazy("Cleared"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        if self.value() in ("open", "cleared"):
            return queryset.filter(cleared_at__isnull=self.value() == "open")
        return None


@admin.register(Alarm)
class AlarmAdmin(StaffAdmin):
    list_display = ("kind", "state", "about", "detail", "raised_at", "cleared_at")
    list_filter = (OpenFilter, "kind")
    search_fields = ("about__istartswith", "detail__icontains")
    search_help_text = gettext_lazy("Reference or table, or words of the alarm")
    fields = ("kind", "state", "about", "detail", "raised_at", "cleared_at")

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        return (F("cleared_at").desc(nulls_first=True), "kind", "-raised_at")

    @display(description=gettext_lazy("state"))
    def state(self, alarm: Alarm) -> str:
        return chip("success", _("Cleared")) if alarm.cleared_at else chip("danger", _("Open"))
