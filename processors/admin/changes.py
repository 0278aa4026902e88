"""Changes of sub-processors as they were announced, and what account holders object to them (§9)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import linebreaksbr
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from cannonworks.admin import KnownValues, Question, StaffAdmin, signed_in
from cannonworks.admin_words import categories, chip, day, link, moment
from processors import announcing, telling
from processors.admin.contract_forms import AnswerForm, WithdrawForm
from processors.admin.sub_processors import state_of
from processors.models import Change, ChangeKind, Objection


class KindFilter(KnownValues):
    title = gettext_lazy("kind")
    field = "kind"
    values = ChangeKind.choices


@admin.register(Change)
class ChangeAdmin(StaffAdmin):
    list_display = ("named", "kind", "state", "effective", "replaced")
    list_filter = (KindFilter,)
    list_select_related = ("sub_processor", "replaces")
    ordering = ("-effective_on", "-id")
    fieldsets = (
        (
            gettext_lazy("Now"),
            {"fields": ("house", "kind", "state", "effective", "lacking", "mailed", "objections_of")},
        ),
        (gettext_lazy("What changes"), {"fields": ("replaced", "role", "where", "data", "words_nl", "words_en")}),
        (gettext_lazy("When"), {"fields": ("announced", "sooner_nl", "sooner_en")}),
    )
    actions_detail = ("retract",)

    @display(description=gettext_lazy("sub-processor"), ordering="sub_processor__name")
    def named(self, row: Change) -> str:
        return row.sub_processor.name

    @display(description=gettext_lazy("sub-processor"))
    def house(self, row: Change) -> object:
        return link(row.sub_processor)

    @display(description=gettext_lazy("stage"))
    def state(self, row: Change) -> str:
        return state_of(row)

    @display(description=gettext_lazy("takes effect on"), ordering="effective_on")
    def effective(self, row: Change) -> str:
        return day(row.effective_on)

    @display(description=gettext_lazy("replaces"))
    def replaced(self, row: Change) -> object:
        return link(row.replaces) if row.replaces else "–"

    @display(description=gettext_lazy("country"))
    def where(self, row: Change) -> str:
        return row.place

    @display(description=gettext_lazy("categories of data"))
    def data(self, row: Change) -> str:
        return categories(row.categories)

    @display(description=gettext_lazy("still missing"))
    def lacking(self, row: Change) -> str:
        lacks = announcing.lacks(row) if row.is_open else []
        return " ".join(lacks) or "–"

    @display(description=gettext_lazy("mails"))
    def mailed(self, row: Change) -> str:
        counts = row.mails.aggregate(all=Count("pk"), sent=Count("pk", filter=Q(sent_at__isnull=False)))
        return _("%(sent)s of %(all)s sent") % counts

    @display(description=gettext_lazy("objections"))
    def objections_of(self, row: Change) -> str:
        counts = row.objections.aggregate(all=Count("pk"), waiting=Count("pk", filter=Q(answered_at__isnull=True)))
        return _("%(all)s, of which %(waiting)s wait for an answer") % counts

    @display(description=gettext_lazy("announced at"))
    def announced(self, row: Change) -> str:
        return moment(row.announced_at)

    def possible(self, request: HttpRequest, row: Change) -> Iterable[str]:
        return ["retract"] if row.is_open else []

    @action(description=gettext_lazy("Withdraw"), permissions=["act"], icon="undo", variant=ActionVariant.DANGER)
    def retract(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take back what was announced."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Withdraw this change"),
            text=_("The public list and the accounts say that it does not happen. Whoever objected gets your answer."),
            facts=[(_("Change"), row), (_("Takes effect on"), day(row.effective_on))],
            danger=True,
            button=_("Withdraw it"),
            fields=WithdrawForm,
        )
        return self.act(
            request,
            question,
            lambda **said: announcing.withdraw(row, actor=signed_in(request), at=timezone.now(), **said),
            done=_("The change is withdrawn."),
            row=row,
        )


class AnsweredFilter(admin.SimpleListFilter):
    title = gettext_lazy("answer")
    parameter_name = "answered"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [("no", gettext_lazy("To answer")), ("yes", gettext_lazy("Answered"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet | None:
        if self.value() in ("no", "yes"):
            return queryset.filter(answered_at__isnull=self.value() == "no")
        return None


@admin.register(Objection)
class ObjectionAdmin(StaffAdmin):
    list_display = ("named", "holder", "state", "made")
    list_filter = (AnsweredFilter,)
    list_select_related = ("change__sub_processor", "account__company")
    reference_fields = ("reference", "account__reference")
    search_fields = ("reference__istartswith",)
    search_help_text = gettext_lazy("Reference of the objection or the account")
    fields = ("about", "holder", "state", "made", "words_shown", "answer_shown")
    actions_detail = ("answer",)

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        return (F("answered_at").desc(nulls_first=True), "made_at", "id")

    @display(description=gettext_lazy("change"))
    def named(self, row: Objection) -> str:
        return str(row.change)

    @display(description=gettext_lazy("change"))
    def about(self, row: Objection) -> object:
        return link(row.change)

    @display(description=gettext_lazy("account"))
    def holder(self, row: Objection) -> object:
        return link(row.account, getattr(row.account, "company", None) or row.account)

    @display(description=gettext_lazy("state"))
    def state(self, row: Objection) -> str:
        return chip("success", _("Answered")) if row.answered_at else chip("warning", _("To answer"))

    @display(description=gettext_lazy("made at"), ordering="made_at")
    def made(self, row: Objection) -> str:
        return moment(row.made_at)

    @display(description=gettext_lazy("objection"))
    def words_shown(self, row: Objection) -> object:
        return linebreaksbr(row.words, autoescape=True)

    @display(description=gettext_lazy("our answer"))
    def answer_shown(self, row: Objection) -> object:
        return linebreaksbr(row.answer, autoescape=True) or "–"

    def possible(self, request: HttpRequest, row: Objection) -> Iterable[str]:
        return [] if row.answered_at else ["answer"]

    @action(description=gettext_lazy("Answer"), permissions=["act"], icon="reply", variant=ActionVariant.PRIMARY)
    def answer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Answer it; the main user is mailed."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Answer this objection"),
            text=_("The main user gets your answer by mail, and reads it beside the change. It cannot be changed."),
            facts=[
                (_("Change"), row.change),
                (_("Takes effect on"), day(row.change.effective_on)),
                (_("Objection"), linebreaksbr(row.words, autoescape=True)),
            ],
            button=_("Send the answer"),
            fields=AnswerForm,
        )
        return self.act(
            request,
            question,
            lambda **said: telling.answer(row, actor=signed_in(request), at=timezone.now(), **said),
            done=_("The objection is answered."),
            row=row,
        )
