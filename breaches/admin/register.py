"""The register of breaches in the administration (§13)."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy

from breaches.admin.notices import NoticesMixin
from breaches.models import Breach
from cannonworks.admin import StaffAdmin


@admin.register(Breach)
class BreachAdmin(NoticesMixin, StaffAdmin):
    list_display = ("number", "title_nl", "kind", "noticed_at", "closed_at")
    reference_fields = ("reference",)
    search_fields = ("title_nl__icontains", "title_en__icontains")
    search_help_text = gettext_lazy("Reference, or words of the title")
    ordering = ("-number",)
    fields = ("number", "title_nl", "title_en", "kind", "noticed_at", "noticed_by", "recorded_at", "closed_at")
