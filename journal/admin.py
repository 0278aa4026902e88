"""The journal, to read: nobody writes it by hand."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from cannonworks.admin import StaffAdmin, moment
from journal.models import Entry

ACTORS = {"system": _("The program"), "holder": _("Account holder"), "staff": _("Staff")}


@admin.register(Entry)
class EntryAdmin(StaffAdmin):
    list_display = ("moment", "event", "about", "by", "section", "told")
    list_display_links = ("moment",)
    list_filter = ("actor_kind",)
    search_fields = ("event__startswith",)
    search_help_text = _("Beginning of an event, or of a reference")
    reference_fields = ("account_reference", "actor_reference")
    ordering = ("-id",)
    sortable_by = ()
    paginator = InfinitePaginator  # the journal only grows: its pages are walked, not counted
    fields = ("moment", "event", "account_reference", "by", "actor_reference", "section", "facts")

    @display(description=_("moment"))
    def moment(self, entry: Entry) -> str:
        return moment(entry.at)

    @display(description=_("account"))
    def about(self, entry: Entry) -> str:
        return str(entry.account_reference or "")[:8] or "–"

    @display(description=_("by"))
    def by(self, entry: Entry) -> object:
        who = ACTORS.get(entry.actor_kind, entry.actor_kind)
        return f"{who} {str(entry.actor_reference)[:8]}" if entry.actor_reference else who

    @display(description=_("clause"))
    def section(self, entry: Entry) -> str:
        return f"§{entry.clause}" if entry.clause else "–"

    @display(description=_("facts"))
    def told(self, entry: Entry) -> str:
        return facts(entry)


def facts(entry: Entry) -> str:
    """The facts of an entry on one line."""
    return ", ".join(f"{name}: {_plain(value)}" for name, value in entry.facts.items()) or "–"


def latest(reference: object, count: int) -> QuerySet[Entry]:
    """The last entries about an account, newest first; served by an index."""
    return Entry.objects.filter(account_reference=reference).order_by("-id")[:count]


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
