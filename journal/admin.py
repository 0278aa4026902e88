"""The journal, to read: nobody writes it by hand."""

from __future__ import annotations

from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from cannonworks.admin import KnownValues, StaffAdmin
from cannonworks.admin_words import moment
from journal.events import sentence
from journal.models import Entry

ACTORS = {"system": _("The program"), "holder": _("Account holder"), "staff": _("Staff"), "helper": _("Helper")}


class ActorFilter(KnownValues):
    title = _("by")
    field = "actor_kind"
    values = list(ACTORS.items())


@admin.register(Entry)
class EntryAdmin(StaffAdmin):
    list_display = ("moment", "what", "about", "by", "section", "told")
    list_filter = (ActorFilter,)
    search_fields = ("event__startswith",)
    search_help_text = _("Beginning of an event, or of a reference")
    reference_fields = ("account_reference", "actor_reference")
    ordering = ("-id",)
    sortable_by = ()
    paginator = InfinitePaginator  # the journal only grows: its pages are walked, not counted
    fields = ("moment", "what_and_code", "whole_reference", "by", "section", "told")

    @display(description=_("moment"))
    def moment(self, entry: Entry) -> str:
        return moment(entry.at)

    @display(description=_("event"))
    def what(self, entry: Entry) -> str:
        return sentence(entry.event)

    @display(description=_("event"))
    def what_and_code(self, entry: Entry) -> str:
        return f"{sentence(entry.event)} ({entry.event})"

    @display(description=_("account"))
    def about(self, entry: Entry) -> str:
        return str(entry.account_reference or "–")[:8]

    @display(description=_("account"))
    def whole_reference(self, entry: Entry) -> str:
        return str(entry.account_reference or "–")

    @display(description=_("by"))
    def by(self, entry: Entry) -> str:
        return actor(entry)

    @display(description=_("clause"))
    def section(self, entry: Entry) -> str:
        return clause(entry)

    @display(description=_("facts"))
    def told(self, entry: Entry) -> str:
        return facts(entry)


def actor(entry: Entry) -> str:
    """What kind of actor did it, and the beginning of its reference."""
    kind = str(ACTORS.get(entry.actor_kind, entry.actor_kind))
    return f"{kind} {str(entry.actor_reference)[:8]}" if entry.actor_reference else kind


def clause(entry: Entry) -> str:
    """The clause with its sign, or a dash."""
    return f"§{entry.clause}" if entry.clause else "–"


def facts(entry: Entry) -> str:
    """The facts of an entry on one line."""
    return ", ".join(f"{name}: {_plain(value)}" for name, value in entry.facts.items()) or "–"


def latest(reference: UUID, count: int) -> QuerySet[Entry]:
    """The last entries about an account, newest first; served by an index."""
    return Entry.objects.filter(account_reference=reference).order_by("-id")[:count]


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
