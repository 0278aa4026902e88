"""What staff fill in about sub-processors: what they do, under which papers, and what changes (§9, §11)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminEmailInputWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
)

from cannonworks.admin_fields import DayField, PaperField, text
from cannonworks.admin_words import FOR_STAFF
from cannonworks.countries import EEA, countries
from cannonworks.datamap import Category
from processors.models import LONGEST, ChangeKind, Mechanism, SubProcessor, SubProcessorRole


def data_choices() -> list[tuple[str, Any]]:
    """The categories of the data map, by the words that staff use."""
    return [(each.value, FOR_STAFF.get(each, each.label)) for each in Category]


class WorkForm(forms.Form):
    """What a company does for CannonWorks, where, and with which data."""

    role = forms.ChoiceField(
        label=gettext_lazy("Role"), choices=SubProcessorRole.choices, widget=UnfoldAdminSelectWidget()
    )
    country = forms.ChoiceField(
        label=gettext_lazy("Country"), choices=countries, initial="NL", widget=UnfoldAdminSelectWidget()
    )
    categories = forms.MultipleChoiceField(
        label=gettext_lazy("Categories of data"), choices=data_choices, widget=UnfoldAdminCheckboxSelectMultipleWidget()
    )


class SubProcessorForm(WorkForm):
    """A company that works for CannonWorks."""

    name = text(gettext_lazy("Name"), most=120)
    contact_email = forms.EmailField(
        label=gettext_lazy("E-mail of the contact"), required=False, widget=UnfoldAdminEmailInputWidget(),
        help_text=gettext_lazy("Of the company, to tell who has access. No holder sees it."),
    )  # fmt: skip
    field_order = ("name", "role", "country", "categories", "contact_email")


class AgreementForm(forms.Form):
    """A signed processing agreement."""

    file = PaperField(label=gettext_lazy("The signed agreement"), clause="9", help_text=gettext_lazy("PDF or scan."))
    signed_on = DayField(label=gettext_lazy("Signed on"))
    valid_until = DayField(
        label=gettext_lazy("Valid up to and including"), required=False,
        help_text=gettext_lazy("Empty: until it is ended."),
    )  # fmt: skip


class TransferForm(forms.Form):
    """What protects data in a country outside the EEA."""

    country = forms.ChoiceField(
        label=gettext_lazy("Country"), choices=lambda: [each for each in countries() if each[0] not in EEA],
        widget=UnfoldAdminSelectWidget(),
        help_text=gettext_lazy("The very country in which the data is, or will be."),
    )  # fmt: skip
    mechanism = forms.ChoiceField(
        label=gettext_lazy("Mechanism"), choices=Mechanism.choices, widget=UnfoldAdminRadioSelectWidget()
    )
    file = PaperField(
        label=gettext_lazy("The proof"), clause="11",
        help_text=gettext_lazy("PDF or scan. Every account holder can download it."),
    )  # fmt: skip
    valid_until = DayField(
        label=gettext_lazy("Valid up to and including"), required=False,
        help_text=gettext_lazy("Empty: until it is ended."),
    )  # fmt: skip


class AnnounceForm(forms.Form):
    """A change that every account is told of."""

    effective_on = DayField(label=gettext_lazy("Takes effect on"))
    words_nl = text(gettext_lazy("What changes, in plain Dutch"), most=LONGEST, rows=4)
    words_en = text(gettext_lazy("What changes, in plain English"), most=LONGEST, rows=4)
    sooner_nl = text(
        gettext_lazy("Why sooner, in Dutch"), most=LONGEST, rows=2, required=False,
        help_text=gettext_lazy("Only if account holders cannot be told in time. Everybody reads it."),
    )  # fmt: skip
    sooner_en = text(gettext_lazy("Why sooner, in English"), most=LONGEST, rows=2, required=False)


class BeginForm(AnnounceForm):
    """A company that begins, perhaps in the place of another."""

    replaces = forms.ModelChoiceField(
        label=gettext_lazy("Replaces"), queryset=SubProcessor.objects.none(), required=False,
        empty_label=gettext_lazy("No other company: it is an addition"), widget=UnfoldAdminSelectWidget(),
    )  # fmt: skip
    field_order = ("replaces", "effective_on", "words_nl", "words_en", "sooner_nl", "sooner_en")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["replaces"].queryset = SubProcessor.objects.at_work().order_by("name")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        said["kind"] = ChangeKind.REPLACEMENT if said.get("replaces") else ChangeKind.ADDITION
        return said


class MoveForm(WorkForm, AnnounceForm):
    """Other work, another place or other data of a company that is at work."""

    field_order = ("role", "country", "categories", "effective_on", "words_nl", "words_en", "sooner_nl", "sooner_en")


class EndForm(forms.Form):
    """A company that works for us no more."""

    words_nl = text(gettext_lazy("Why, in Dutch"), most=LONGEST, rows=3, required=False)
    words_en = text(gettext_lazy("Why, in English"), most=LONGEST, rows=3, required=False)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if bool(said.get("words_nl")) != bool(said.get("words_en")):
            raise forms.ValidationError(_("Say it in both languages, or in neither: everybody reads it."))
        return said


class AnswerForm(forms.Form):
    """What an account holder is answered."""

    words = text(
        gettext_lazy("Answer"), most=LONGEST, rows=6,
        help_text=gettext_lazy("In the language in which they wrote. The main user gets it by mail."),
    )  # fmt: skip


class WithdrawForm(forms.Form):
    """What whoever objected is told when a change is taken back."""

    answer = text(gettext_lazy("Answer to whoever objected"), most=LONGEST, rows=4, required=False)
