"""Usage of all accounts together (§17): charts for staff, in which no account and no small group can be seen."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import statistics
from accounts.counting import FEWEST
from accounts.models import UsageTotal
from accounts.models.usage import Kind
from accounts.statistics import PERIODS
from accounts.views.usage import draw, shares
from cannonworks.admin import StaffAdmin, today

CHARTS = (
    gettext_lazy("Clicks"), gettext_lazy("Sign-ins"), gettext_lazy("Accounts that were used, at most on one day")
)  # fmt: skip


@admin.register(UsageTotal)
class UsageTotalAdmin(StaffAdmin):
    """One page of charts in the place of the list; its rows by themselves tell nobody anything."""

    fields = ("on", "module", "kind", "count")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Clicks, sign-ins and accounts in use by day, week or month, and clicks by part."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        per, on = statistics.period(request.GET.get("per")), today()
        found, accounts = statistics.usage_of_all(per=per, on=on)
        context = {
            **self.admin_site.each_context(request), "opts": self.opts, "title": _("Usage of all accounts"),
            "per": per, "periods": PERIODS, "fewest": FEWEST, "modules": shares(found.modules),
            "charts": list(zip(CHARTS, draw(found.starts, per, found.clicks, found.sign_ins, accounts), strict=True)),
            "numbers": [(kind.label, found.counted.get(kind, 0)) for kind in (Kind.DOCUMENT, Kind.PAYMENT)],
        }  # fmt: skip
        return TemplateResponse(request, "admin/usage.html", context)
