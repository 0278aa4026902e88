"""Registered letters: one member of staff records, another confirms, and then the account goes (§5.5, §6)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts import support
from accounts.models import ErasureRequest
from accounts.states import State
from cannonworks.admin import FourEyesAdmin, Question, signed_in, today
from cannonworks.admin_fields import DayField, PaperField
from cannonworks.admin_words import categories, chip, day, link, page_of
from cannonworks.downloads import file_response
from cannonworks.errors import Refused
from cannonworks.rules import WITH_THE_ACCOUNT
from rights import scans, services
from rights.models import DataReturn, LetterScan, RegisteredLetter


class ScanForm(forms.Form):
    """The scan alone, of a letter that is recorded already."""

    scan = PaperField(label=gettext_lazy("Scan of the letter"), clause="6")


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

    scan = PaperField(
        label=gettext_lazy("Scan of the letter"),
        clause="6",
        required=False,
        help_text=gettext_lazy("PDF, JPEG or PNG, 10 MB at most. It may come later, before the letter is confirmed."),
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
            ("return", gettext_lazy("Waits for the return of data")),
            ("withdrawn", gettext_lazy("Request withdrawn")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet | None:
        match self.value():
            case "yes":
                return queryset.waiting()
            case "no":
                return queryset.filter(confirmed_on__isnull=False, request__withdrawn_on__isnull=True)
            case "return":
                return queryset.confirmed_not_ordered()
            case "withdrawn":
                return queryset.filter(request__withdrawn_on__isnull=False)
        return None


@admin.register(RegisteredLetter)
class LetterAdmin(FourEyesAdmin):
    confirmed = gettext_lazy("The letter is confirmed. The account is erased at once, or after the return of its data.")
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
        "code", "account", "company", "stage", "carrier_number", "received_on", "identity_check", "scanned",
        "recorded_by", "confirmed_by", "confirmed_on",
    )  # fmt: skip
    actions_detail = ("view_scan", "add_scan", "confirm")

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
        if letter.waits_for_return:
            return chip("warning", _("Waits for the return of data"))
        if letter.confirmed_on and not letter.request.withdrawn_on:
            return chip("success", _("Confirmed"))
        if letter.request.withdrawn_on:
            return chip("info", _("Request withdrawn"))
        return chip("warning", _("Waiting for the second person"))

    @display(description=gettext_lazy("scan"))
    def scanned(self, letter: RegisteredLetter) -> str:
        scan = LetterScan.objects.filter(letter=letter).first()
        return f"{scan.get_kind_display()}, {filesizeformat(scan.size)}" if scan else "–"

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
            services.receive_letter(asked.account, actor=signed_in(request), code=code, at=timezone.now(), **letter)

        return self.act(request, question, record, done=_("The letter is recorded; a second member of staff confirms."))

    @action(description=gettext_lazy("View scan"), icon="draft", permissions=["view"])
    def view_scan(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The scan, for who recorded the letter or may confirm it; journalled."""
        letter = self.row(request, object_id)
        if not self.may_see(request, letter):
            raise PermissionDenied
        if not LetterScan.objects.filter(letter=letter).exists():
            raise Http404
        return file_response(*scans.read_scan(letter, actor=signed_in(request)))

    @action(description=gettext_lazy("Add scan"), icon="upload_file", permissions=["scan"])
    def add_scan(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The scan of a letter that was recorded without."""
        letter = self.row(request, object_id)
        question = Question(
            title=_("Add the scan of the letter"),
            text=_("Whoever confirms the letter looks at it. It is kept encrypted, and goes with the account."),
            facts=[(_("Reference"), letter.request.code), (_("Received on"), day(letter.received_on))],
            button=_("Add scan"),
            fields=ScanForm,
        )

        def add(*, scan: Any) -> None:
            scans.add_scan(letter, actor=signed_in(request), file=scan, at=timezone.now())

        return self.act(request, question, add, done=_("The scan is added."), row=letter)

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
                (_("Scan"), self.way_to_scan(row)),
                (_("When"), when(row)),
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
        return services.confirm_letter(row, actor=actor, on=on, at=timezone.now())

    def has_scan_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        """Who records letters also adds a scan to one."""
        return self.has_add_permission(request)

    def way_to_scan(self, letter: RegisteredLetter) -> object:
        if not LetterScan.objects.filter(letter=letter).exists():
            return _("Missing: add it first")
        address = reverse("admin:rights_registeredletter_view_scan", args=[letter.pk])
        return format_html('<a class="text-link" href="{}">{}</a>', address, _("View scan"))

    def may_see(self, request: HttpRequest, letter: RegisteredLetter) -> bool:
        """Who recorded it, and who may confirm it: nobody else has to see a name and a signature."""
        return letter.was_proposed_by(signed_in(request)) or self.has_act_permission(request)

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
        scanned = LetterScan.objects.filter(letter=letter).exists()
        if scanned and self.may_see(request, letter):
            yield "view_scan"
        if letter.confirmed_on or letter.request.withdrawn_on or letter.account.state == State.ERASED:
            return
        if not scanned:
            yield "add_scan"
        elif self.waits_for(request.user, letter):
            yield "confirm"


def when(letter: RegisteredLetter) -> str:
    """When the account goes after the confirmation."""
    if DataReturn.objects.before_erasure(letter.account, timezone.now()).exists():
        return _("As soon as the return of data, which the holder asked for, is taken or past its end")
    return _("At once, as soon as you confirm")
