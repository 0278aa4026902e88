"""What authorities and others asked of us about customers, and what came of it (§8)."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from accounts.models import Account
from cannonworks.admin import DayField, Question, chip, moment, signed_in, words
from cannonworks.admin_fields import MomentField, PaperField, text
from processors import disclosing
from processors.admin.register import RegisterAdmin
from processors.models import Disclosure
from processors.models.disclosures import Asker, Consent, Decision


def _fields() -> list[tuple[str, str]]:
    return sorted(disclosing.known_fields().items(), key=lambda pair: pair[1])


class UUIDsField(forms.CharField):
    """References with blanks or commas between them."""

    def clean(self, value: str) -> list:
        said = super().clean(value)
        return [forms.UUIDField().clean(one) for one in said.replace(",", " ").split()]


class DisclosureForm(forms.Form):
    """What was asked, by whom, on which ground, and the least that would meet it."""

    asker = forms.ChoiceField(label=gettext_lazy("Who asked"), choices=Asker.choices, widget=UnfoldAdminSelectWidget())
    office = text(gettext_lazy("Office, without names of people"), most=120)
    channel = text(gettext_lazy("How it came"), most=60)
    received_at = MomentField(label=gettext_lazy("Received at"))
    basis = text(gettext_lazy("Legal basis"), most=200, required=False)
    account = forms.UUIDField(
        label=gettext_lazy("Reference of the account"), required=False,
        help_text=gettext_lazy("Leave empty when the request names nobody that we know."),
    )  # fmt: skip
    order = PaperField(label=gettext_lazy("Order"), clause="8", required=False)
    asked_fields = forms.MultipleChoiceField(
        label=gettext_lazy("Asked for"), choices=_fields, required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )  # fmt: skip
    asked_records = text(gettext_lazy("Records asked for"), most=500, required=False)
    given_fields = forms.MultipleChoiceField(
        label=gettext_lazy("The least that meets it"), choices=_fields, required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )  # fmt: skip
    given_records = UUIDsField(label=gettext_lazy("Only of these records, by reference"), required=False)

    def clean_account(self) -> Account | None:
        reference = self.cleaned_data["account"]
        found = Account.objects.filter(reference=reference).first() if reference else None
        if reference and found is None:
            raise forms.ValidationError(_("There is no such account."))
        return found


class DecisionForm(forms.Form):
    """Give or refuse, why, and whether the holder may know."""

    decision = forms.ChoiceField(
        label=gettext_lazy("Decision"), choices=Decision.choices, widget=UnfoldAdminSelectWidget()
    )
    reason = text(gettext_lazy("Reason"), most=500, rows=3)
    gag_basis = text(gettext_lazy("Ground on which the holder may not know"), most=200, required=False)
    gag_until = DayField(label=gettext_lazy("Holder may not know until"), required=False)


class HandOverForm(forms.Form):
    """How it was handed over and to whom."""

    how = text(gettext_lazy("How"), most=120)
    to = text(gettext_lazy("To whom, by function"), most=120)


@admin.register(Disclosure)
class DisclosureAdmin(RegisterAdmin):
    list_display = ("reference", "asker", "office", "received", "standing")
    list_filter = ("asker", "decision")
    reference_fields = ("reference", "account_reference")
    search_fields = ("office__icontains",)
    ordering = ("-received_at", "-pk")
    fields = (
        "reference", "account_reference", "asker", "office", "channel", "received", "basis", "order_digest", "asked",
        "asked_records", "given", "given_records", "standing", "reason", "consent", "gag_basis", "gag_until", "told_at",
        "handed_at", "handed_how", "handed_to",
    )  # fmt: skip
    actions_detail = ("ask", "decide", "hand_over")

    @display(description=gettext_lazy("received at"), ordering="received_at")
    def received(self, row: Disclosure) -> str:
        return moment(row.received_at)

    @display(description=gettext_lazy("fields asked for"))
    def asked(self, row: Disclosure) -> str:
        return words(disclosing.known_fields().get(name, name) for name in row.asked_fields)

    @display(description=gettext_lazy("fields to give"))
    def given(self, row: Disclosure) -> str:
        return words(disclosing.known_fields().get(name, name) for name in row.given_fields)

    @display(description=gettext_lazy("standing"))
    def standing(self, row: Disclosure) -> str:
        if row.handed_at:
            return chip("success", _("Handed over"))
        if row.decision:
            return chip("warning" if row.decision == Decision.GIVE else "", row.get_decision_display())
        if row.consent:
            return chip("success" if row.consent == Consent.GIVEN else "danger", row.get_consent_display())
        return chip("info", _("Asked the holder") if row.consent_asked_at else _("To decide"))

    def enter(self, request: HttpRequest) -> HttpResponse:
        question = Question(
            title=_("Register a request"),
            text=_("Also one that we will refuse. What is asked and what you would give cannot be changed later."),
            button=_("Register"), fields=DisclosureForm,
        )  # fmt: skip
        return self.act(
            request,
            question,
            lambda **said: disclosing.register(actor=signed_in(request), at=timezone.now(), **said),
            done=_("The request is registered."),
        )

    @action(description=gettext_lazy("Ask the holder"), permissions=["act"], icon="contact_support")
    def ask(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask the main user for consent."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Ask the holder for consent"), button=_("Ask"), facts=[(_("Data"), self.given(row))],
            text=_("The main user sees exactly these fields and records, and has 14 days to answer."),
        )  # fmt: skip
        return self.act(
            request, question, lambda: disclosing.ask_consent(row, actor=signed_in(request), at=timezone.now()),
            done=_("The holder is asked."), row=row,
        )  # fmt: skip

    @action(description=gettext_lazy("Decide"), permissions=["act"], icon="gavel", variant=ActionVariant.PRIMARY)
    def decide(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """As the second person."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Decide on the request"), button=_("Decide"), fields=DecisionForm, danger=True,
            text=_("This cannot be undone. The holder is told at once, unless the law forbids it."),
            facts=[(_("Legal basis"), row.basis or "–"), (_("Consent"), row.get_consent_display() or "–"),
                   (_("Data"), self.given(row))],
        )  # fmt: skip
        return self.act(
            request,
            question,
            lambda **said: disclosing.decide(row, actor=signed_in(request), at=timezone.now(), **said),
            done=_("The decision is noted."),
            row=row,
        )

    @action(description=gettext_lazy("Handed over"), permissions=["act"], icon="outbox")
    def hand_over(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Note that it was handed over."""
        row = self.row(request, object_id)
        question = Question(title=_("Note the handing over"), button=_("Note"), fields=HandOverForm)
        return self.act(
            request,
            question,
            lambda **said: disclosing.hand_over(row, actor=signed_in(request), at=timezone.now(), **said),
            done=_("The handing over is noted."),
            row=row,
        )

    def possible(self, request: HttpRequest, row: Disclosure) -> Iterable[str]:
        if row.decision:
            return ["hand_over"] if row.decision == Decision.GIVE and row.handed_at is None else []
        ask = row.consent_asked_at is None and row.account_reference is not None and row.given_fields
        return [*(["ask"] if ask else []), "decide"]
