"""What staff fill in of measures, findings and improvements (§7)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldBooleanSwitchWidget,
)

from accounts.models import User
from accounts.roles import who_may
from audits.catalogue import choices
from audits.models import Severity
from cannonworks.admin_fields import DayField, PaperField, text

NO_NAMES = gettext_lazy("No names of people, and nothing by which somebody is known.")


class OwnerField(forms.ModelChoiceField):
    """A member of staff whose role keeps the register; who that is, is asked anew for each page."""

    widget = UnfoldAdminSelectWidget

    def __init__(self, **options: Any) -> None:
        super().__init__(queryset=User.objects.none(), label=gettext_lazy("Owner"), empty_label=None, **options)


class WithOwner(forms.Form):
    """A form with an owner."""

    PERMISSION = "audits.change_improvement"
    owner = OwnerField()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["owner"].queryset = who_may(self.PERMISSION).order_by("first_name", "last_name", "pk")  # type: ignore[attr-defined]


class MeasureForm(forms.Form):
    """A measure in both languages, and the controls it serves."""

    title_nl = text(gettext_lazy("Title in Dutch"), most=120)
    title_en = text(gettext_lazy("Title in English"), most=120)
    text_nl = text(gettext_lazy("What we do, in Dutch"), most=2000, rows=4)
    text_en = text(gettext_lazy("What we do, in English"), most=2000, rows=4)
    is_public = forms.BooleanField(
        label=gettext_lazy("Told in public texts"), required=False, widget=UnfoldBooleanSwitchWidget(),
        help_text=gettext_lazy("In the privacy statement and the record, as soon as it is in place."),
    )  # fmt: skip
    controls = forms.MultipleChoiceField(
        label=gettext_lazy("Controls"), choices=choices, widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text=gettext_lazy("Annex A of ISO/IEC 27001:2022; NEN 7510-2:2024 has the same numbers."),
    )  # fmt: skip


class OwnForm(WithOwner):
    """Who answers for a measure."""

    PERMISSION = "audits.change_measure"


class ReviewOnForm(forms.Form):
    """By when it is looked at again."""

    review_on = DayField(label=gettext_lazy("Look again by"), help_text=gettext_lazy("Within a year."))


class ReviewForm(forms.Form):
    """Whether a measure works; when it does not, what was seen is a finding."""

    works = forms.TypedChoiceField(
        label=gettext_lazy("Does it work?"),
        choices=[("yes", gettext_lazy("It works")), ("no", gettext_lazy("It does not"))],
        coerce=lambda value: value == "yes", widget=UnfoldAdminRadioSelectWidget(),
    )  # fmt: skip
    seen = text(gettext_lazy("What you saw"), most=4000, rows=5, help_text=NO_NAMES)
    file = PaperField(
        clause="7", label=gettext_lazy("Evidence"), required=False,
        help_text=gettext_lazy("PDF, JPEG or PNG of at most 10 MB. It is kept encrypted."),
    )  # fmt: skip
    review_on = DayField(label=gettext_lazy("Look again by"), help_text=gettext_lazy("Within a year."))
    title = text(
        gettext_lazy("If not: title of the finding"), most=120, required=False,
        help_text=gettext_lazy("What is wrong, in a few words."),
    )  # fmt: skip
    severity = forms.ChoiceField(
        label=gettext_lazy("If not: how bad it is"), required=False, choices=[("", "–"), *Severity.choices],
        widget=UnfoldAdminSelectWidget(),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if said.get("works") is False:
            for name in ("title", "severity"):
                if not said.get(name) and name not in self.errors:
                    self.add_error(name, _("It does not work, so it is a finding: fill this in too."))
        return said


class BecauseForm(forms.Form):
    """A reason."""

    because = text(gettext_lazy("Why"), most=2000, rows=3, help_text=NO_NAMES)


class FindingForm(forms.Form):
    """What is not as it should be."""

    title = text(gettext_lazy("Title"), most=120, help_text=NO_NAMES)
    text = text(gettext_lazy("What was found"), most=4000, rows=5, help_text=NO_NAMES)
    severity = forms.ChoiceField(
        label=gettext_lazy("Severity"), choices=Severity.choices, widget=UnfoldAdminRadioSelectWidget()
    )


class PlanForm(WithOwner):
    """What is done about a finding."""

    text = text(gettext_lazy("What is done"), most=2000, rows=4)
    due_on = DayField(label=gettext_lazy("Done by"))
    field_order = ("text", "owner", "due_on")


class ReplanForm(WithOwner):
    """Another owner or day."""

    due_on = DayField(label=gettext_lazy("Done by"))


class DoneForm(forms.Form):
    """What was done."""

    result = text(gettext_lazy("What was done"), most=2000, rows=4, help_text=NO_NAMES)


class VerifyForm(forms.Form):
    """Whether it helped."""

    helped = forms.TypedChoiceField(
        label=gettext_lazy("Did it help?"),
        choices=[("yes", gettext_lazy("It helped")), ("no", gettext_lazy("Not enough"))],
        coerce=lambda value: value == "yes", widget=UnfoldAdminRadioSelectWidget(),
    )  # fmt: skip
    seen = text(gettext_lazy("What you saw"), most=2000, rows=4, help_text=NO_NAMES)
    due_on = DayField(
        label=gettext_lazy("If not: done again by"), required=False,
        help_text=gettext_lazy("It goes back to its owner."),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if said.get("helped") is False and not said.get("due_on") and "due_on" not in self.errors:
            self.add_error("due_on", _("Say by which day it is to be done again."))
        return said
