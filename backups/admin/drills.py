"""Restores on trial: written by the drill alone, so there is nothing to change."""

from __future__ import annotations

from django.contrib import admin
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from backups.models import Drill, Result
from cannonworks.admin import StaffAdmin
from cannonworks.admin_words import chip

MEANINGS = {Result.PROVEN: "success", Result.FAILED: "danger", Result.NOT_CHECKED: "warning"}
#: What a drill counts, in the order of its steps.
COUNTED = {
    "rows": gettext_lazy("rows"),
    "bytes": gettext_lazy("bytes"),
    "files": gettext_lazy("files"),
    "lines": gettext_lazy("lines of the ledger"),
    "accounts": gettext_lazy("erasures done again"),
    "people": gettext_lazy("people erased again"),
    "journal_entries": gettext_lazy("journal entries proven"),
}
STEPS = {
    "verify": gettext_lazy("verify"),
    "restore": gettext_lazy("restore"),
    "replay": gettext_lazy("replay the ledger and look for what is left"),
}


@admin.register(Drill)
class DrillAdmin(StaffAdmin):
    list_display = ("began_at", "outcome", "backup", "took", "problem")
    list_filter = ("result",)
    search_fields = ("backup__istartswith",)
    search_help_text = gettext_lazy("Beginning of the name of a backup")
    fields = ("outcome", "problem", "backup", "began_at", "ended_at", "steps", "counted")
    ordering = ("-began_at",)

    @display(description=gettext_lazy("result"))
    def outcome(self, drill: Drill) -> str:
        return chip(MEANINGS[Result(drill.result)], str(Result(drill.result).label))

    @display(description=gettext_lazy("took"))
    def took(self, drill: Drill) -> str:
        return _("%(seconds)s seconds") % {
            "seconds": number_format((drill.ended_at - drill.began_at).total_seconds(), 0)
        }

    @display(description=gettext_lazy("seconds of each step"))
    def steps(self, drill: Drill) -> str:
        return "; ".join(f"{STEPS.get(step, step)}: {number_format(took, 1)}" for step, took in drill.seconds.items())

    @display(description=gettext_lazy("what was counted"))
    def counted(self, drill: Drill) -> str:
        there = [(words, drill.counts[name]) for name, words in COUNTED.items() if name in drill.counts]
        return "; ".join(f"{words}: {number_format(number, force_grouping=True)}" for words, number in there)
