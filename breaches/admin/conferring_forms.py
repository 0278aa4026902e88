"""What staff fill in to confer about a breach, and of what others are told of one (§13)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
)

from breaches.models import Audience, Consultation, Meeting, Permission
from cannonworks import admin_fields
from cannonworks.admin_fields import MomentField, text
from cannonworks.admin_words import moment

NO_NAMES, AMSTERDAM_TIME = gettext_lazy("No names of people."), gettext_lazy("Amsterdam time.")


class OfferForm(forms.Form):
    """A moment and where."""

    starts_at = MomentField(label=gettext_lazy("From"), help_text=AMSTERDAM_TIME)
    ends_at = MomentField(label=gettext_lazy("Until"), help_text=AMSTERDAM_TIME)
    place = text(gettext_lazy("Where"), most=200, help_text=gettext_lazy("A phone number, or the address of a call."))

    def clean_ends_at(self) -> datetime:
        starts_at, ends_at = self.cleaned_data.get("starts_at"), self.cleaned_data["ends_at"]
        if starts_at and ends_at <= starts_at:
            raise forms.ValidationError(_("This is before the beginning: fill in a later time."))
        return ends_at


class MinutesForm(forms.Form):
    """What §13 wants conferred about."""

    nature = text(gettext_lazy("Nature of the breach"), most=4000, rows=5, help_text=NO_NAMES)
    risk = text(gettext_lazy("Risk that was run"), most=4000, rows=5, help_text=NO_NAMES)
    measures = text(gettext_lazy("Measures taken or to be taken"), most=4000, rows=5, help_text=NO_NAMES)


class TalkForm(OfferForm, MinutesForm):
    """A talk that took place, and its minutes."""

    field_order = ("starts_at", "ends_at", "place", "nature", "risk", "measures")


def minutes_form(meeting: Meeting) -> type[MinutesForm]:
    """The minutes of a meeting, with who of those that agreed did not come."""
    rows = Consultation.objects.filter(meeting=meeting).select_related("account__company")

    class OfMeeting(MinutesForm):
        absent = forms.ModelMultipleChoiceField(
            rows,
            label=gettext_lazy("Who did not come"),
            required=False,
            widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        )

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.fields["absent"].label_from_instance = lambda row: str(getattr(row.account, "company", row.account))

    return OfMeeting


def accept_form(consultation: Consultation, at: datetime) -> type[forms.Form]:
    """The moments that the holder asks for."""
    rows = Meeting.objects.asked_for(consultation, at)

    class Asked(forms.Form):
        meeting = forms.ModelChoiceField(
            rows, label=gettext_lazy("Moment"), empty_label=None, widget=UnfoldAdminRadioSelectWidget()
        )

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.fields["meeting"].label_from_instance = lambda row: f"{moment(row.starts_at)} · {row.place}"

    return Asked


def word_form(permissions: list[Permission]) -> type[forms.Form]:
    """What is told to whom, and the ground: a law, or one of the permissions that stand."""
    known = {str(row.reference): row for row in permissions}

    class WordForm(forms.Form):
        audience = forms.ChoiceField(
            label=gettext_lazy("To whom"), choices=Audience.choices, widget=UnfoldAdminRadioSelectWidget()
        )
        to = text(
            gettext_lazy("Who exactly"), most=200, help_text=gettext_lazy("Bodies or groups, no names of people.")
        )
        text = text(gettext_lazy("What is told"), most=4000, rows=8, help_text=NO_NAMES)
        duty = admin_fields.text(  # ``text`` is a field here
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
