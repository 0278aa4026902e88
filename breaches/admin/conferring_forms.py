"""What staff fill in to confer about a breach, and of what others are told of one (§13)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultiple,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from breaches.forms import MomentField
from breaches.models import Audience, Consultation, Meeting, Permission

NO_NAMES = gettext_lazy("No names of people.")


def moment_field(label: Any) -> MomentField:
    """A moment, looking as the administration's other fields do."""
    made = MomentField(label=label, help_text=gettext_lazy("Amsterdam time."))
    made.widget.attrs["class"] = UnfoldAdminTextInputWidget().attrs["class"]
    return made


def _text(label: Any, *, most: int, rows: int = 0, required: bool = True, help_text: Any = "") -> forms.CharField:
    widget = UnfoldAdminTextareaWidget(attrs={"rows": rows}) if rows else UnfoldAdminTextInputWidget()
    return forms.CharField(label=label, max_length=most, required=required, help_text=help_text, widget=widget)


class OfferForm(forms.Form):
    """A moment and where."""

    starts_at = moment_field(gettext_lazy("From"))
    ends_at = moment_field(gettext_lazy("Until"))
    place = _text(gettext_lazy("Where"), most=200, help_text=gettext_lazy("A phone number, or the address of a call."))


class MinutesForm(forms.Form):
    """What §13 wants conferred about."""

    nature = _text(gettext_lazy("Nature of the breach"), most=4000, rows=5, help_text=NO_NAMES)
    risk = _text(gettext_lazy("Risk that was run"), most=4000, rows=5, help_text=NO_NAMES)
    measures = _text(gettext_lazy("Measures taken or to be taken"), most=4000, rows=5, help_text=NO_NAMES)


class TalkForm(OfferForm, MinutesForm):
    """A talk that took place, and its minutes."""


def minutes_form(meeting: Meeting) -> type[MinutesForm]:
    """The minutes of a meeting, with who of those that agreed did not come."""
    rows = Consultation.objects.filter(meeting=meeting).select_related("account__company")

    class OfMeeting(MinutesForm):
        absent = forms.ModelMultipleChoiceField(
            rows, label=gettext_lazy("Who did not come"), required=False, widget=UnfoldAdminCheckboxSelectMultiple()
        )

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.fields["absent"].label_from_instance = lambda row: str(getattr(row.account, "company", row.account))

    return OfMeeting


def accept_form(consultation: Consultation, at: Any) -> type[forms.Form]:
    """The moments that the holder asks for."""
    rows = Meeting.objects.filter(
        account=consultation.account_id, breach=consultation.breach_id, is_from_holder=True, withdrawn_at=None,
        minuted_at=None, starts_at__gt=at,
    ).order_by("starts_at")  # fmt: skip

    class Asked(forms.Form):
        meeting = forms.ModelChoiceField(
            rows, label=gettext_lazy("Moment"), empty_label=None, widget=UnfoldAdminRadioSelectWidget()
        )

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            from cannonworks.admin import moment

            self.fields["meeting"].label_from_instance = lambda row: f"{moment(row.starts_at)} · {row.place}"

    return Asked


def word_form(permissions: list[Permission]) -> type[forms.Form]:
    """What is told to whom, and the ground: a law, or one of the permissions that stand."""
    known = {str(row.reference): row for row in permissions}

    class WordForm(forms.Form):
        audience = forms.ChoiceField(
            label=gettext_lazy("To whom"), choices=Audience.choices, widget=UnfoldAdminRadioSelectWidget()
        )
        to = _text(
            gettext_lazy("Who exactly"), most=200, help_text=gettext_lazy("Bodies or groups, no names of people.")
        )
        text = _text(gettext_lazy("What is told"), most=4000, rows=8, help_text=NO_NAMES)
        duty = _text(
            gettext_lazy("Legal duty"), most=200, required=False,
            help_text=gettext_lazy("Law and article that oblige us. Without one, choose a permission."),
        )  # fmt: skip
        permission = forms.ChoiceField(
            label=gettext_lazy("Permission of the account holder"), required=False, widget=UnfoldAdminSelectWidget(),
            choices=[("", "–"), *((key, _shown(row)) for key, row in known.items())],
        )  # fmt: skip

        def clean_permission(self) -> Permission | None:
            return known.get(self.cleaned_data["permission"])

    return WordForm


def _shown(row: Permission) -> str:
    whom = [
        *([_("the people whose data it is")] if row.to_subjects else []),
        *([row.to_others] if row.to_others else []),
    ]
    return f"{getattr(row.account, 'company', None) or row.account}: {', '.join(whom)}"
