"""Registered letters: one member of staff records, another confirms, and then the account goes (§5.5, §6)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts import support
from accounts.models import ErasureRequest
from accounts.states import State
from cannonworks.admin import (
    DayField,
    FourEyesAdmin,
    Question,
    categories,
    chip,
    day,
    link,
    page_of,
    signed_in,
    today,
)
from cannonworks.errors import Refused
from cannonworks.rules import WITH_THE_ACCOUNT
from rights import services
from rights.models import RegisteredLetter


class LetterForm(forms.Form):
    """What is read from a letter; its code says whose it is."""

    code = forms.CharField(
        label=gettext_lazy("Reference on the letter"),
        max_length=12,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "CW-XXXX-XXXX", "autocomplete": "off"}),
    )
    carrier_number = forms.CharField(
        label=gettext_lazy("Carrier's number"), max_length=40, widget=UnfoldAdminTextInputWidget()
    )
    received_on = DayField(label=gettext_lazy("Received on"))
    identity_check = forms.CharField(
        label=gettext_lazy("Identity check"),
        max_length=200,
        help_text=gettext_lazy("How it was checked that the main user sent it. No names."),
        widget=UnfoldAdminTextInputWidget(),
    )

    def clean_received_on(self) -> date:
        if self.cleaned_data["received_on"] > today():
            raise forms.ValidationError(_("This day has yet to come."))
        return self.cleaned_data["received_on"]


class WaitingFilter(admin.SimpleListFilter):
    title = gettext_lazy("second person")
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [
            ("yes", gettext_lazy("Waiting for the second person")),
            ("no", gettext_lazy("Confirmed")),
            ("withdrawn", gettext_lazy("Request withdrawn")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet | None:
        match self.value():
            case "yes":
                return queryset.waiting()
            case "no":
                return queryset.filter(confirmed_on__isnull=False)
            case "withdrawn":
                return queryset.filter(confirmed_on__isnull=True, request__withdrawn_on__isnull=False)
        return None


@admin.register(RegisteredLetter)
class LetterAdmin(FourEyesAdmin):
    confirmed = gettext_lazy("The letter is confirmed; the account is being erased.")
    may = frozenset({"add"})
    list_display = (
        "code",
        "company",
        "carrier_number",
        "received_on",
        "stage",
        "recorded_by",
        "confirmed_by",
    )
    list_filter = (WaitingFilter,)
    list_select_related = ("account__company", "request", "recorded_by", "confirmed_by")
    search_fields = ("request__code__istartswith", "carrier_number__istartswith")
    search_help_text = gettext_lazy("Reference on the letter, carrier's number or reference of the account")
    reference_fields = ("account__reference",)
    fields = (
        "code", "account", "company", "stage", "carrier_number", "received_on", "identity_check", "recorded_by",
        "confirmed_by", "confirmed_on",
    )  # fmt: skip
    actions_detail = ("confirm",)

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        return (F("confirmed_on").desc(nulls_first=True), "-id")

    @display(description=gettext_lazy("reference"), ordering="request__code")
    def code(self, letter: RegisteredLetter) -> str:
        return letter.request.code

    @display(description=gettext_lazy("company"))
    def company(self, letter: RegisteredLetter) -> str | None:
        return getattr(letter.account, "company", None)

    @display(description=gettext_lazy("state"))
    def stage(self, letter: RegisteredLetter) -> str:
        if letter.confirmed_on:
            return chip("success", _("Confirmed"))
        if letter.request.withdrawn_on:
            return chip("info", _("Request withdrawn"))
        return chip("warning", _("Waiting for the second person"))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        """Ask what the letter says and record it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        question = Question(
            title=_("Record a registered letter"),
            text=_("A second member of staff confirms the letter afterwards. Until then nothing is erased."),
            button=_("Record"),
            fields=LetterForm,
            initial={"received_on": today()},
        )

        def record(*, code: str, **letter: Any) -> None:
            asked = ErasureRequest.objects.filter(code=code.strip().upper()).select_related("account").first()
            if asked is None:
                raise Refused("no_request", _("No request for erasure has this reference."), clause="6")
            services.record_letter(asked.account, actor=signed_in(request), code=code, **letter)

        return self.act(request, question, record, done=_("The letter is recorded; a second member of staff confirms."))

    def question(self, request: HttpRequest, row: RegisteredLetter) -> Question:
        return Question(
            title=_("Confirm letter and erase"),
            text=_("Confirm only with the letter in hand: its reference, its signature and the main user's identity."),
            facts=[
                (
                    _("Account"),
                    link(row.account, getattr(row.account, "company", None) or row.account),
                ),
                (_("State"), row.account.get_state_display()),
                (_("Reference"), row.request.code),
                (_("Received on"), day(row.received_on)),
                (_("Identity check"), row.identity_check),
                (_("Main user"), self.main_user(request, row)),
                (_("Recorded by"), row.recorded_by),
                (_("Will be erased"), categories(WITH_THE_ACCOUNT)),
                (_("When"), _("At once, as soon as you confirm")),
                (
                    _("Stays"),
                    _("What a hold keeps, our own books for seven years, and evidence without names"),
                ),
            ],
            warning=_("This cannot be undone. Nobody can bring the data back."),
            button=_("Confirm and erase at once"),
            danger=True,
        )

    def second(self, row: RegisteredLetter, *, actor: Any, on: date) -> RegisteredLetter:
        return services.confirm_letter(row, actor=actor, on=on)

    def main_user(self, request: HttpRequest, letter: RegisteredLetter) -> object:
        """The name to hold the letter against, while the account is open; else the way to open it for this letter."""
        if letter.account.state == State.ERASED:
            return "–"
        try:
            support.look(letter.account, actor=signed_in(request), page="letter", at=timezone.now())
        except Refused:
            return format_html(
                '<a class="text-link" href="{}?ticket={}">{}</a>',
                page_of(letter.account),
                letter.request.code,
                _("Open the account to see the name"),
            )
        return letter.account.main_user

    def possible(self, request: HttpRequest, letter: RegisteredLetter) -> Iterable[str]:
        return [] if letter.request.withdrawn_on or not self.waits_for(request.user, letter) else ["confirm"]
