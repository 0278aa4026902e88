"""Holds: placed by one member of staff, confirmed by another, released by either (§5, last paragraph)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.models import Account
from cannonworks.admin import FourEyesAdmin, Question, reference_begins, signed_in, today
from cannonworks.admin_fields import DayField
from cannonworks.admin_words import FOR_STAFF, categories, chip, day, link, short_day
from cannonworks.datamap import Category
from cannonworks.errors import Refused
from retention import holds
from retention.models import Ground, Hold


class HoldForm(forms.Form):
    """What a hold needs to be lawful. The database and the service check it again."""

    account = forms.UUIDField(
        label=gettext_lazy("Reference of the account"),
        help_text=gettext_lazy("In full, as it stands on the page of the account."),
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        help_text=gettext_lazy("The account holder sees it. No names of people."),
        widget=UnfoldAdminTextInputWidget(),
    )
    categories = forms.MultipleChoiceField(
        label=gettext_lazy("Categories"),
        choices=[(c.value, FOR_STAFF.get(c, c.label)) for c in Category],
        help_text=gettext_lazy("Only these are kept; the rest is erased on its day."),
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )
    ground = forms.ChoiceField(
        label=gettext_lazy("Ground"), choices=Ground.choices, widget=UnfoldAdminRadioSelectWidget()
    )
    basis = forms.CharField(
        label=gettext_lazy("Legal basis"),
        max_length=200,
        help_text=gettext_lazy("Law and article, or the contract. No names."),
        widget=UnfoldAdminTextInputWidget(),
    )
    proportionality = forms.CharField(
        label=gettext_lazy("Proportionality"),
        help_text=gettext_lazy("Why keeping it weighs more than the holder's privacy. No names."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
    )
    review_on = DayField(
        label=gettext_lazy("Review on"), help_text=gettext_lazy("Within a year: then it is looked at again.")
    )


class StageFilter(admin.SimpleListFilter):
    title = gettext_lazy("stage")
    parameter_name = "stage"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [
            ("waiting", gettext_lazy("Waiting for the second person")),
            ("active", gettext_lazy("Active")),
            ("review", gettext_lazy("Past its review date")),
            ("todo", gettext_lazy("To confirm or review")),
            ("released", gettext_lazy("Released")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet | None:
        match self.value():
            case "waiting":
                return queryset.to_confirm()
            case "active":
                return queryset.active()
            case "review":
                return queryset.to_review(today())
            case "todo":
                return queryset.to_confirm() | queryset.to_review(today())
            case "released":
                return queryset.filter(released_on__isnull=False)
        return None


@admin.register(Hold)
class HoldAdmin(FourEyesAdmin):
    confirmed = gettext_lazy("The hold is active.")
    may = frozenset({"add"})
    list_display = ("name", "company", "account", "stage", "kept", "review", "placed_by")
    list_filter = (StageFilter, "ground")
    list_select_related = ("account__company", "placed_by")
    search_fields = ("name__icontains",)
    search_help_text = gettext_lazy("Name of the hold, or reference of the account")
    reference_fields = ("account__reference",)
    fields = (
        "name", "account", "company", "stage", "kept", "ground", "basis", "proportionality", "review_on", "placed_on",
        "placed_by", "confirmed_on", "confirmed_by", "released_on", "released_by",
    )  # fmt: skip
    actions_detail = ("confirm", "release")

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        return (F("released_on").desc(nulls_first=True), "review_on", "-id")

    @display(description=gettext_lazy("company"))
    def company(self, hold: Hold) -> object:
        return getattr(hold.account, "company", None)

    @display(description=gettext_lazy("categories"))
    def kept(self, hold: Hold) -> str:
        return categories(hold.categories)

    @display(description=gettext_lazy("review on"), ordering="review_on")
    def review(self, hold: Hold) -> str:
        return short_day(hold.review_on)

    @display(description=gettext_lazy("stage"))
    def stage(self, hold: Hold) -> str:
        if hold.released_on:
            return chip("", _("Released"))
        if not hold.confirmed_on:
            return chip("warning", _("Waiting for the second person"))
        if hold.review_on <= today():
            return chip("danger", _("Past its review date"))
        return chip("success", _("Active"))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        """Ask what the hold is for and propose it; ``?account=`` fills in the account."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        question = Question(
            title=_("Place a hold"),
            text=_("A hold stops nothing until a second member of staff has confirmed it. The account holder sees it."),
            button=_("Place hold"),
            fields=HoldForm,
            initial={"account": request.GET.get("account", ""), "review_on": today() + holds.REVIEW_WITHIN},
        )

        def place(*, account: Any, **hold: Any) -> None:
            found = Account.objects.filter(reference_begins("reference", str(account))).first()
            if found is None:
                raise Refused("no_account", _("No account has this reference."))
            holds.place_hold(found, actor=signed_in(request), on=today(), **hold)

        return self.act(request, question, place, done=_("The hold is placed; a second member of staff confirms."))

    def question(self, request: HttpRequest, row: Hold) -> Question:
        return Question(
            title=_("Confirm hold"),
            text=_("From now these categories are not erased, until the hold is released."),
            facts=_facts(row),
            button=_("Confirm hold"),
        )

    def second(self, row: Hold, *, actor: Any, on: date) -> Hold:
        return holds.confirm_hold(row, actor=actor, on=on)

    @action(
        description=gettext_lazy("Release"),
        permissions=["act"],
        icon="lock_open",
        variant=ActionVariant.DANGER,
    )
    def release(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End the hold; what it kept back goes at once."""
        hold = self.row(request, object_id)
        question = Question(
            title=_("Release hold"),
            text=_("What this hold kept back, and is due, is erased at once."),
            facts=_facts(hold),
            warning=_("This cannot be undone. Nobody can bring the data back.") if hold.confirmed_on else "",
            button=_("Release hold"),
            danger=True,
        )
        return self.act(
            request,
            question,
            lambda: holds.release_hold(hold, actor=signed_in(request), on=today()),
            done=_("The hold is released."),
            row=hold,
        )

    def possible(self, request: HttpRequest, hold: Hold) -> Iterable[str]:
        if hold.released_on:
            return []
        return ["confirm", "release"] if self.waits_for(request.user, hold) else ["release"]


def _facts(hold: Hold) -> list[tuple[str, object]]:
    return [
        (_("Account"), link(hold.account, getattr(hold.account, "company", None) or hold.account)),
        (_("Hold"), hold.name),
        (_("Categories"), categories(hold.categories)),
        (_("Ground"), hold.get_ground_display()),
        (_("Legal basis"), hold.basis),
        (_("Proportionality"), hold.proportionality),
        (_("Review on"), day(hold.review_on)),
        (_("Next erasure of this account"), day(hold.account.erase_on)),
        (_("Placed by"), hold.placed_by),
    ]
