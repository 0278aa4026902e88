"""What staff fill in about requests of others for data of a customer (§8)."""

from __future__ import annotations

from itertools import groupby

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.models import Account
from cannonworks.admin_fields import DayField, FoldedChoices, MomentField, PaperField, text
from processors import disclosing
from processors.models.disclosures import Asker, Decision


def _fields() -> list[tuple[str, list[tuple[str, str]]]]:
    """All fields that could be given, by kind of data."""
    known = sorted(disclosing.known_fields(for_staff=True).items(), key=lambda pair: pair[1])
    parted = [(kind, (name, label)) for name, (kind, _colon, label) in ((n, w.partition(": ")) for n, w in known)]
    return [(kind, [pair for _kind, pair in pairs]) for kind, pairs in groupby(parted, key=lambda each: each[0])]


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
        label=gettext_lazy("Reference of the account"), required=False, widget=UnfoldAdminTextInputWidget(),
        help_text=gettext_lazy("Leave empty when the request names nobody that we know."),
    )  # fmt: skip
    order = PaperField(label=gettext_lazy("Order"), clause="8", required=False)
    order_number = text(gettext_lazy("Number of the order, as it stands on it"), most=60, required=False)
    asked_fields = forms.MultipleChoiceField(
        label=gettext_lazy("Asked for"), choices=_fields, required=False,
        widget=FoldedChoices(),
    )  # fmt: skip
    asked_records = text(gettext_lazy("Records asked for"), most=500, required=False)
    given_fields = forms.MultipleChoiceField(
        label=gettext_lazy("The least that meets it"), choices=_fields, required=False,
        widget=FoldedChoices(),
    )  # fmt: skip
    given_records = UUIDsField(
        label=gettext_lazy("Only of these records, by reference"), required=False, widget=UnfoldAdminTextInputWidget(),
        help_text=gettext_lazy("With blanks or commas between them. Empty: of all that the account has."),
    )  # fmt: skip

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
