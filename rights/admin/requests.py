"""Requests of data subjects: staff find the account, check what was done, and block when it must be (§15)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from accounts.models import Account
from cannonworks.admin import KnownValues, Question, StaffAdmin, signed_in
from cannonworks.admin_words import chip, due_chip, link, short_day
from cannonworks.deadlines import local_date
from rights import handling
from rights.admin import request_questions as questions
from rights.admin.clocks import left_of, waits_for
from rights.admin.request_forms import EnterForm
from rights.admin.request_page import tables
from rights.evidence import evidence
from rights.matching import candidates
from rights.models import SubjectRequest, Wish
from rights.states import RequestState
from rights.tending import clock_of

#: What the words of a state look like; the word is always there too.
LOOKS = {
    RequestState.RECEIVED: "warning",
    RequestState.UNMATCHED: "",
    RequestState.TOLD: "info",
    RequestState.DONE: "success",
    RequestState.CHECKING: "warning",
    RequestState.BLOCKED: "danger",
    RequestState.CLOSED: "",
}
#: So many later ones are named that go with a request.
MOST = 5


class WaitsFilter(admin.SimpleListFilter):
    title = gettext_lazy("waits for")
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [
            ("us", gettext_lazy("Us")),
            ("holder", gettext_lazy("The account holder")),
            ("late", gettext_lazy("The account holder, who is late")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet | None:
        match self.value():
            case "us":
                return queryset.waiting_for_staff()
            case "holder":
                return queryset.filter(state__in=(RequestState.TOLD, RequestState.BLOCKED))
            case "late":
                return queryset.filter(state=RequestState.TOLD, due_at__lte=timezone.now())
        return None


class StateFilter(KnownValues):
    title = gettext_lazy("state")
    field = "state"
    values = RequestState.choices


class WishFilter(KnownValues):
    title = gettext_lazy("request")
    field = "wish"
    values = Wish.choices


@admin.register(SubjectRequest)
class RequestAdmin(StaffAdmin):
    may = frozenset({"add"})
    list_display = ("asked", "state_chip", "company", "holder", "received", "due")
    list_filter = (WaitsFilter, StateFilter, WishFilter)
    list_select_related = ("account__company",)
    search_fields = ("email__iexact", "company__icontains")
    search_help_text = gettext_lazy("Reference, whole e-mail address of who asks, or words of the company's name")
    reference_fields = ("reference", "account__reference")
    fieldsets = (
        (
            gettext_lazy("Now"),
            {"fields": ("state_chip", "waits", "due", "holder", "joined_with", "answer", "shown")},
        ),
        (
            gettext_lazy("What is asked"),
            {"fields": ("wish_word", "details", "company", "known_as", "wants_agreement")},
        ),
        (
            gettext_lazy("Who asks"),
            {"fields": ("name", "email", "address", "identity_check", "came_by", "spoken", "own_reference")},
        ),
    )
    actions_detail = ("find", "nobody", "unproven", "asks_check", "carried_out", "block", "withdrawn")
    change_form_outer_after_template = "admin/_partials/tables.html"

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        return (F("closed_at").desc(nulls_first=True), "-id")

    def has_block_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(handling.MAY_BLOCK)

    # --- What is shown ------------------------------------------------------------------------------------------------

    @display(description=gettext_lazy("request"), header=True, ordering="id")
    def asked(self, row: SubjectRequest) -> list[object]:
        wish = format_html('<span class="block min-w-56">{}</span>', row.get_wish_display())  # not a word on each line
        return [wish, f"{row} · {row.get_channel_display()}"]

    @display(description=gettext_lazy("state"), ordering="state")
    def state_chip(self, row: SubjectRequest) -> str:
        return chip(LOOKS[RequestState(row.state)], row.get_state_display())

    @display(description=gettext_lazy("account"))
    def holder(self, row: SubjectRequest) -> object:
        if row.account is None:
            return "–"
        return link(row.account, getattr(row.account, "company", None) or row.account)

    @display(description=gettext_lazy("received"), ordering="received_at")
    def received(self, row: SubjectRequest) -> str:
        return short_day(local_date(row.received_at))

    @display(description=gettext_lazy("term"), ordering="due_at")
    def due(self, row: SubjectRequest) -> str:
        due = clock_of(row)
        return due_chip(due and left_of(due, at=timezone.now()))

    @display(description=gettext_lazy("waits for"))
    def waits(self, row: SubjectRequest) -> str:
        return waits_for(row, at=timezone.now())

    @display(description=gettext_lazy("joined to"))
    def joined_with(self, row: SubjectRequest) -> object:
        if row.joined_to:
            return link(row.joined_to)
        return format_html_join(", ", "{}", ([link(each)] for each in row.joined.all()[:MOST])) or "–"

    @display(description=gettext_lazy("the holder's answer"))
    def answer(self, row: SubjectRequest) -> str:
        said = row.get_outcome_display() if row.outcome in questions.BY_HOLDER else ""
        return ": ".join(filter(None, (said, row.note))) or "–"

    @display(description=gettext_lazy("in the journal"))
    def shown(self, row: SubjectRequest) -> str:
        if row.account_id is None:
            return "–"
        if evidence(row).is_shown:
            return chip("success", _("What was asked was done"))
        return chip("warning", _("Not seen that it was done"))

    @display(description=gettext_lazy("what is asked"))
    def wish_word(self, row: SubjectRequest) -> str:
        return row.get_wish_display()

    @display(description=gettext_lazy("came by"))
    def came_by(self, row: SubjectRequest) -> str:
        return row.get_channel_display()

    @display(description=gettext_lazy("language"))
    def spoken(self, row: SubjectRequest) -> str:
        return {"nl": _("Dutch"), "en": _("English")}.get(row.language, row.language)

    @display(description=gettext_lazy("reference"))
    def own_reference(self, row: SubjectRequest) -> str:
        return str(row.reference)

    def render_change_form(self, request: HttpRequest, context: dict, **options: Any) -> HttpResponse:
        """Show the request with its moments, its clock, what the journal says, and the letter to write."""
        return super().render_change_form(request, {**context, "tables": list(tables(options["obj"]))}, **options)

    def possible(self, request: HttpRequest, row: SubjectRequest) -> Iterable[str]:
        names = []
        if row.account_id is None and row.state != RequestState.CLOSED:
            names.append("find")
        if row.state == RequestState.RECEIVED:
            names.append("nobody")
        if row.state in (RequestState.RECEIVED, RequestState.UNMATCHED):
            names.append("unproven")
        if handling.check_may_be_asked(row, at=timezone.now()):
            names.append("asks_check")
        if row.state == RequestState.CHECKING:
            names.append("carried_out")
        if row.state == RequestState.CHECKING and row.account_id and row.due_at and row.due_at <= timezone.now():
            names.append("block")
        return [*names, "withdrawn"] if row.is_open else names

    # --- What is done -------------------------------------------------------------------------------------------------

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        """Enter what came by letter, phone or mail."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        question = Question(
            title=_("Enter a request"),
            text=_("For who asks by letter, phone or mail. Tell nobody whether somebody is in an account."),
            button=_("Enter"),
            fields=EnterForm,
            initial={"channel": "phone", "language": get_language()},
        )
        made: list[SubjectRequest] = []

        def enter(**fields: Any) -> None:
            made.append(handling.enter(signed_in(request), at=timezone.now(), **fields))

        answer = self.act(request, question, enter, done=_("The request is entered. Now find the account."))
        return redirect(self.page_of(made[0])) if made else answer

    @action(
        description=gettext_lazy("Find the account"), permissions=["act"], icon="search", variant=ActionVariant.PRIMARY
    )
    def find(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Look for the company that the requester names; then ask whether to pass it on to this account."""
        row = self.row(request, object_id)
        chosen = request.GET.get("account", "")
        account = Account.objects.overview().filter(pk=int(chosen)).first() if chosen.isdecimal() else None
        if account is not None:
            return self._pass_on(request, row, account)
        words = request.POST.get("search", row.company)[:160]
        context = {
            **self.admin_site.each_context(request), "opts": self.opts, "original": row, "title": _("Find the account"),
            "words": words, "facts": questions.asked_facts(row), "candidates": candidates(words),
            "back": self.page_of(row),
        }  # fmt: skip
        return TemplateResponse(request, "admin/find_account.html", context)

    def _pass_on(self, request: HttpRequest, row: SubjectRequest, account: Account) -> HttpResponse:
        return self._step(
            request,
            row,
            questions.pass_on(row, account),
            handling.match,
            done=_("The request is passed on."),
            account=account,
        )

    @action(description=gettext_lazy("Nobody found"), permissions=["act"], icon="person_search")
    def nobody(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Note that no account is of the company named."""
        row = self.row(request, object_id)
        return self._step(
            request, row, questions.nobody(row), handling.no_account, done=_("It is noted that nobody was found.")
        )

    @action(description=gettext_lazy("Not shown who asks"), permissions=["act"], icon="id_card")
    def unproven(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Close what somebody may ask who is not the person concerned."""
        row = self.row(request, object_id)
        return self._step(
            request, row, questions.unproven(row), handling.refuse_unproven, done=_("The request is closed.")
        )

    @action(description=gettext_lazy("Requester asks for a check"), permissions=["act"], icon="fact_check")
    def asks_check(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Note that a check was asked by letter or phone."""
        row = self.row(request, object_id)
        return self._step(request, row, questions.asks_check(row), handling.note_check, done=_("The check has begun."))

    @action(
        description=gettext_lazy("Carried out"), permissions=["act"], icon="task_alt",
        variant=ActionVariant.PRIMARY,
    )  # fmt: skip
    def carried_out(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End the check: nothing is left to be done."""
        row = self.row(request, object_id)
        return self._decide(
            request, row, questions.carried_out(row), carried_out=True, done=_("The check is done; it is closed.")
        )

    @action(
        description=gettext_lazy("Not carried out: block"), permissions=["block"], icon="block",
        variant=ActionVariant.DANGER,
    )  # fmt: skip
    def block(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End the check: it was not done, and the account is blocked."""
        row = self.row(request, object_id)
        return self._decide(request, row, questions.block(row), carried_out=False, done=_("The account is blocked."))

    @action(description=gettext_lazy("Requester takes it back"), permissions=["act"], icon="undo")
    def withdrawn(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Close what the requester took back by letter or phone."""
        row = self.row(request, object_id)
        return self._step(request, row, questions.withdrawn(row), handling.take_back, done=_("The request is closed."))

    def _decide(
        self, request: HttpRequest, row: SubjectRequest, question: Question, *, carried_out: bool, done: str
    ) -> HttpResponse:
        def decide(*, seen: datetime | None) -> None:
            row.done_at = seen  # the answer that stood on the page, which may be older than the row
            handling.decide(row, carried_out=carried_out, actor=signed_in(request), at=timezone.now())

        return self.act(request, question, decide, done=done, row=row)

    def _step(
        self, request: HttpRequest, row: SubjectRequest, question: Question, do: Callable[..., object], *, done: str,
        **more: Any,
    ) -> HttpResponse:  # fmt: skip
        def step() -> None:
            do(row, actor=signed_in(request), at=timezone.now(), **more)

        return self.act(request, question, step, done=done, row=row)
