"""Consultations and appointments for staff: offer, agree, write up; and what others are told of a breach (§13)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from breaches import conferring, words
from breaches.admin.conferring_forms import OfferForm, TalkForm, accept_form, minutes_form, word_form
from breaches.models import Breach, Consultation, DirectWord, Meeting
from cannonworks.admin import Question, StaffAdmin, Table, signed_in
from cannonworks.admin_words import chip, due_chip, link, moment
from cannonworks.deadlines import Unit, explain, local_date
from cannonworks.left import days_left


class StageFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "stage"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [
            ("open", gettext_lazy("To agree on")),
            ("agreed", gettext_lazy("Agreed")),
            ("over", gettext_lazy("Over")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet | None:
        match self.value():
            case "open":
                return queryset.open().filter(agreed_at__isnull=True)
            case "agreed":
                return queryset.open().filter(agreed_at__isnull=False)
            case "over":
                return queryset.exclude(pk__in=queryset.open().values("pk"))
        return None


@admin.register(Consultation)
class ConsultationAdmin(StaffAdmin):
    list_display = ("holder", "about", "stage", "clock", "appointment")
    list_filter = (StageFilter,)
    list_select_related = ("account__company", "breach", "meeting", "report")
    search_help_text = gettext_lazy("Reference of the consultation or the account")
    search_fields = ("reference__istartswith",)
    reference_fields = ("reference", "account__reference")
    fields = (
        "holder", "about", "stage", "clock", "counted", "appointment", "asked", "nature", "risk", "measures", "signed",
    )  # fmt: skip
    actions_detail = ("accept", "offer", "record")

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        return (F("held_at").asc(nulls_first=True), "due_at", "id")

    # --- What is shown ------------------------------------------------------------------------------------------------

    @display(description=gettext_lazy("account"))
    def holder(self, row: Consultation) -> object:
        return link(row.account, getattr(row.account, "company", None) or row.account)

    @display(description=gettext_lazy("about"))
    def about(self, row: Consultation) -> object:
        return link(row.breach) if row.breach else link(row.report, _("Report %(report)s") % {"report": row.report})

    @display(description=gettext_lazy("state"))
    def stage(self, row: Consultation) -> str:
        if row.held_at:
            return chip("success", _("Conferred, signed off") if row.signed_at else _("Conferred"))
        if row.waived_at:
            return chip("success", _("The holder needs none"))
        if row.lapsed_at:
            return chip("", _("Offered in time, not taken"))
        return chip("info", _("Agreed")) if row.agreed_at else chip("warning", _("To agree on"))

    @display(description=gettext_lazy("left"))
    def clock(self, row: Consultation) -> str:
        if row.is_over:
            return "–"
        return due_chip(days_left(row.due_at, Unit.WORKING_DAYS, on=local_date(timezone.now())))

    @display(description=gettext_lazy("how it is counted"))
    def counted(self, row: Consultation) -> str:
        return " ".join(explain(row.deadline))

    @display(description=gettext_lazy("appointment"))
    def appointment(self, row: Consultation) -> object:
        return link(row.meeting, f"{moment(row.meeting.starts_at)} · {row.meeting.place}") if row.meeting else "–"

    @display(description=gettext_lazy("the holder proposes"))
    def asked(self, row: Consultation) -> str:
        asked = Meeting.objects.asked_for(row, timezone.now())
        return "; ".join(f"{moment(each.starts_at)} · {each.place}" for each in asked) or "–"

    @display(description=gettext_lazy("nature of the breach"))
    def nature(self, row: Consultation) -> str:
        return _minutes(row, "nature")

    @display(description=gettext_lazy("risk run"))
    def risk(self, row: Consultation) -> str:
        return _minutes(row, "risk")

    @display(description=gettext_lazy("measures taken or to be taken"))
    def measures(self, row: Consultation) -> str:
        return _minutes(row, "measures")

    @display(description=gettext_lazy("signed off by the holder at"))
    def signed(self, row: Consultation) -> str:
        return moment(row.signed_at)

    # --- What is done -------------------------------------------------------------------------------------------------

    def possible(self, request: HttpRequest, row: Consultation) -> Iterable[str]:
        if row.held_at is None:
            yield from ("offer", "record")
            if self.asked(row) != "–":
                yield "accept"

    @action(
        description=gettext_lazy("Agree"), permissions=["act"], icon="event_available", variant=ActionVariant.PRIMARY
    )
    def accept(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Agree to a moment that the holder asks for."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Agree to the moment that the holder proposes"),
            facts=[(_("Account"), self.holder(row))],
            button=_("Agree"),
            fields=accept_form(row, timezone.now()),
        )
        return self.act(
            request, question,
            lambda **said: conferring.accept(row, actor=signed_in(request), at=timezone.now(), **said),
            done=_("Agreed. The holder gets a mail with the moment for the calendar."), row=row,
        )  # fmt: skip

    @action(description=gettext_lazy("Offer a moment"), permissions=["act"], icon="event")
    def offer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Offer this account a moment."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Offer a moment"),
            text=_("The holder gets a mail and chooses in the app. The first offer lies within the two working days."),
            facts=[(_("Account"), self.holder(row)), (_("Due before"), moment(row.due_at))],
            button=_("Offer it"),
            fields=OfferForm,
        )
        return self.act(
            request, question,
            lambda **said: conferring.offer_to(row, actor=signed_in(request), at=timezone.now(), **said),
            done=_("Offered."), row=row,
        )  # fmt: skip

    @action(description=gettext_lazy("Record a talk"), permissions=["act"], icon="call")
    def record(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Record a talk that was not planned, with its minutes."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Record a talk"),
            text=_(
                "For a talk that took place without an appointment, by phone for example. The holder reads the minutes."
            ),
            facts=[(_("Account"), self.holder(row))],
            button=_("Record it"),
            fields=TalkForm,
        )
        return self.act(
            request, question,
            lambda **said: conferring.record_talk(row, actor=signed_in(request), at=timezone.now(), **said),
            done=_("Recorded. The holder gets a mail."), row=row,
        )  # fmt: skip


def _minutes(row: Consultation, name: str) -> str:
    return (row.held_at and row.meeting and getattr(row.meeting, name)) or "–"


@admin.register(Meeting)
class MeetingAdmin(StaffAdmin):
    list_display = ("when", "about", "whom", "place", "stage")
    list_select_related = ("breach", "account__company")
    ordering = ("-starts_at",)
    fields = ("when", "about", "whom", "place", "stage", "nature", "risk", "measures")
    actions_detail = ("write_up", "withdraw")
    change_form_outer_after_template = "admin/_partials/tables.html"

    @display(description=gettext_lazy("when"), ordering="starts_at")
    def when(self, row: Meeting) -> str:
        return f"{moment(row.starts_at)} – {timezone.localtime(row.ends_at):%H:%M}"

    @display(description=gettext_lazy("about"))
    def about(self, row: Meeting) -> object:
        return link(row.breach) if row.breach else _("A report")

    @display(description=gettext_lazy("for whom"))
    def whom(self, row: Meeting) -> object:
        if row.account is None:
            return _("Everybody whom it touches")
        return link(row.account, getattr(row.account, "company", None) or row.account)

    @display(description=gettext_lazy("state"))
    def stage(self, row: Meeting) -> str:
        if row.minuted_at:
            return chip("success", _("Written up"))
        if row.withdrawn_at:
            return chip("", _("Withdrawn"))
        return chip("warning", _("To write up")) if row.starts_at <= timezone.now() else chip("info", _("To come"))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        tables = [_coming(row)] if row and self.has_view_permission(request) else []
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "tables": tables})

    def has_act_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("breaches.change_consultation")

    def possible(self, request: HttpRequest, row: Meeting) -> Iterable[str]:
        if row.is_open:
            yield "withdraw"
            if row.starts_at <= timezone.now():
                yield "write_up"

    @action(
        description=gettext_lazy("Write the minutes"),
        permissions=["act"],
        icon="edit_note",
        variant=ActionVariant.PRIMARY,
    )
    def write_up(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Write the minutes; whoever came gets them."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Write the minutes"),
            text=_("Everybody who came reads them: in a meeting of several accounts, write nothing about one of them."),
            facts=[(_("When"), self.when(row)), (_("About"), self.about(row))],
            button=_("Keep the minutes"),
            fields=minutes_form(row),
        )
        return self.act(
            request, question,
            lambda **said: conferring.write_up(row, actor=signed_in(request), at=timezone.now(), **said),
            done=_("The minutes are kept. Everybody who came gets a mail."), row=row,
        )  # fmt: skip

    @action(description=gettext_lazy("Withdraw"), permissions=["act"], icon="event_busy")
    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take the moment back."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Withdraw this moment"),
            text=_("Whoever agreed to it gets a mail and chooses another."),
            facts=[(_("When"), self.when(row)), (_("Agreed to it"), row.consultations.count())],
            button=_("Withdraw"),
        )
        return self.act(
            request, question, lambda: conferring.withdraw(row, actor=signed_in(request), at=timezone.now()),
            done=_("Withdrawn."), row=row,
        )  # fmt: skip


def _coming(meeting: Meeting) -> Table:
    rows = meeting.consultations.select_related("account__company").order_by("id")[:200]
    cells = [
        [link(row, getattr(row.account, "company", None) or row.account), moment(row.agreed_at), moment(row.signed_at)]
        for row in rows
    ]
    return Table(_("Who agreed to it"), [_("Account"), _("Agreed at"), _("Signed off at")], cells)


class ConferringMixin:
    """For the page of a breach: offer a moment to all, and record what others are told."""

    @action(description=gettext_lazy("Offer a moment to all"), permissions=["act"], icon="groups")
    def offer_to_all(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Offer every account that the breach touches a moment."""
        row: Breach = self.row(request, object_id)
        question = Question(
            title=_("Offer a moment to all"),
            text=_(
                "Every account on the list can choose it, as long as it is to come. Who was told of the breach already"
                " gets a mail; the others find it with their notice."
            ),
            facts=[(_("Breach"), row)],
            button=_("Offer it"),
            fields=OfferForm,
        )
        return self.act(
            request, question,
            lambda **said: conferring.offer_to_all(row, actor=signed_in(request), at=timezone.now(), **said),
            done=_("Offered. Who was told already is mailed now."), row=row,
        )  # fmt: skip

    @action(description=gettext_lazy("Tell others"), permissions=["act"], icon="campaign")
    def tell_others(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Record, before it is told, what others than account holders are told, and on which ground."""
        row: Breach = self.row(request, object_id)
        question = Question(
            title=_("Record what others are told"),
            text=_("We tell nobody but the account holders, unless a law obliges us or the holder permits it (§13)."),
            facts=[(_("Breach"), row)],
            button=_("Record it"),
            fields=word_form(words.standing(row)),
        )
        return self.act(
            request, question,
            lambda **said: words.record_word(row, actor=signed_in(request), at=timezone.now(), **said),
            done=_("Recorded. It may be told now."), row=row,
        )  # fmt: skip


@admin.register(DirectWord)
class DirectWordAdmin(StaffAdmin):
    list_display = ("recorded", "breach", "audience", "to", "ground")
    list_select_related = ("breach",)
    ordering = ("-recorded_at",)
    fields = ("breach", "audience", "to", "text", "ground", "recorded")

    @display(description=gettext_lazy("recorded at"), ordering="recorded_at")
    def recorded(self, row: DirectWord) -> str:
        return moment(row.recorded_at)

    @display(description=gettext_lazy("ground"))
    def ground(self, row: DirectWord) -> str:
        return row.duty or _("Permission %(reference)s") % {"reference": str(row.permission)[:8]}
