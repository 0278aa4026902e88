"""Affected accounts one by one: whose 48 hours run, who was told (§13)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from breaches.models import Affected
from cannonworks.admin import StaffAdmin
from cannonworks.admin_words import chip, link, moment, time_chip
from cannonworks.left import time_left


class ToldFilter(admin.SimpleListFilter):
    title = gettext_lazy("told")
    parameter_name = "told"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [
            ("no", gettext_lazy("Not told yet")),
            ("yes", gettext_lazy("Told")),
            ("never", gettext_lazy("Can be told no more")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet | None:
        match self.value():
            case "no":
                return queryset.untold()
            case "yes":
                return queryset.filter(told_at__isnull=False)
            case "never":
                return queryset.filter(excused_at__isnull=False, told_at__isnull=True)
        return None


@admin.register(Affected)
class AffectedAdmin(StaffAdmin):
    list_display = ("breach_name", "holder", "clock", "told")
    list_display_links = None
    list_filter = (ToldFilter,)
    list_select_related = ("breach", "account__company")
    search_fields = ("breach__number__iexact",)
    search_help_text = gettext_lazy("Number of the breach, or reference of the account")
    reference_fields = ("account__reference",)
    sortable_by = ()
    ordering = ("-breach", "due_at", "id")
    fields = ("breach_name", "holder", "clock", "due", "noticed", "told")

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return lookup == "breach__id__exact" or super().lookup_allowed(lookup, value, request)

    @display(description=gettext_lazy("breach"))
    def breach_name(self, row: Affected) -> object:
        return link(row.breach)

    @display(description=gettext_lazy("account"))
    def holder(self, row: Affected) -> object:
        return link(row.account, getattr(row.account, "company", None) or row.account)

    @display(description=gettext_lazy("48 hours"))
    def clock(self, row: Affected) -> str:
        if row.told_at is not None:
            return chip("success" if row.told_at <= row.due_at else "danger", _("Told"))
        if row.excused_at is not None:
            return chip("", _("Can be told no more"))
        return time_chip(time_left(row.due_at, at=timezone.now()))

    @display(description=gettext_lazy("to be told by"))
    def due(self, row: Affected) -> str:
        return moment(row.due_at)

    @display(description=gettext_lazy("noticed at"))
    def noticed(self, row: Affected) -> str:
        return moment(row.noticed_at)

    @display(description=gettext_lazy("told at"))
    def told(self, row: Affected) -> str:
        return moment(row.told_at)
