"""What staff fill in of a breach: that it was noticed, and what is known of it, in both languages (§13)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldBooleanWidget,
)

from breaches.completeness import REQUIRED, Required, missing
from breaches.models import Breach, BreachKind, DataKind, Harm, People, Phase, Protection
from breaches.registering import TEXTS, said_by
from cannonworks.admin_fields import MomentField, text
from processors.models import SubProcessor

NO_NAMES = gettext_lazy("No names of people, and nothing by which somebody is known.")


class NoticeForm(forms.Form):
    """That a breach was noticed: no more than starts the clock; the rest follows in phases."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=BreachKind.choices, widget=UnfoldAdminRadioSelectWidget()
    )
    title_nl = text(gettext_lazy("Short title in Dutch"), most=80, help_text=NO_NAMES)
    title_en = text(gettext_lazy("Short title in English"), most=80, help_text=NO_NAMES)
    noticed_at = MomentField(
        label=gettext_lazy("Noticed at"),
        help_text=gettext_lazy("Amsterdam time. From here run the 48 hours, also when you enter it later."),
    )
    noticed_by = text(
        gettext_lazy("Noticed by"), most=120, help_text=gettext_lazy("A function or a company, no name of a person.")
    )
    sub_processor = forms.ModelChoiceField(
        label=gettext_lazy("Sub-processor involved"), queryset=SubProcessor.objects.order_by("name"), required=False,
        empty_label=gettext_lazy("None"), widget=UnfoldAdminSelectWidget(),
    )  # fmt: skip


#: The pairs of texts of a phase, and what is asked at them.
HELP = {
    "fact": gettext_lazy("What happened, when, and with which data."),
    "cause": gettext_lazy("An alleged cause will do; say that it is not certain."),
    "known_effects": gettext_lazy("What is known to have happened to the data or the people."),
    "expected_effects": gettext_lazy("What you expect, when it is not known yet."),
    "measures_taken": gettext_lazy("What we did already."),
    "measures_proposed": gettext_lazy("What we are going to do."),
    "advice": gettext_lazy("What account holders do best now, in plain words."),
}
NUMBERS = ("people_least", "people_most", "records_least", "records_most")
CHOICES = {"harms": Harm, "data_kinds": DataKind, "people": People}


class PhaseForm(forms.Form):
    """All that is known of a breach now. Nothing is required: an incomplete phase is kept, and cannot be sent."""

    began_at = MomentField(required=False)
    is_ongoing = forms.BooleanField(required=False, widget=UnfoldBooleanWidget())
    ended_at = MomentField(required=False, help_text=gettext_lazy("Empty as long as it goes on."))
    protection = forms.ChoiceField(choices=Protection.choices, widget=UnfoldAdminSelectWidget())
    crosses_borders = forms.BooleanField(required=False, widget=UnfoldBooleanWidget())
    after = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, data: Any = None, *, last: Phase | None) -> None:
        """Filled in with what the ``last`` phase says."""
        shown = said_by(last or Phase())
        super().__init__(data, initial=shown | {"after": last.number if last else 0})
        for name in TEXTS:
            self.fields[name] = text("", most=4000, rows=5, required=False, help_text="")
        for name, kinds in CHOICES.items():
            self.fields[name] = forms.MultipleChoiceField(
                choices=kinds.choices, required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget()
            )
        for name in NUMBERS:
            self.fields[name] = forms.IntegerField(
                required=False, min_value=0, max_value=2**31 - 1, widget=UnfoldAdminIntegerFieldWidget()
            )
        for name, field in self.fields.items():
            if name != "after":
                field.label = capfirst(Phase._meta.get_field(name).verbose_name)

    def pairs(self) -> Iterator[tuple[Promise, list[BoundField]]]:
        """What is asked, and the two texts that answer it."""
        for name, asked in HELP.items():
            yield asked, [self[f"{name}_nl"], self[f"{name}_en"]]

    def rest(self) -> list[BoundField]:
        """What the register and the supervisor's form ask beside the texts, in the order in which one knows it."""
        names = ("began_at", "ended_at", "is_ongoing", "crosses_borders", *CHOICES, *NUMBERS, "protection")
        return [self[name] for name in names]

    def missing(self) -> list[tuple[Required, str]]:
        """What a notice of what stands in the form would not say yet."""
        return missing(Phase(**{name: str(self[name].value() or "") for name in TEXTS}))

    def take_over(self, last: Phase) -> None:
        """Somebody recorded ``last`` meanwhile: keep what was typed; saving once more is then on purpose."""
        self.data = self.data.copy()
        self.data["after"] = last.number


def lacking(pairs: Sequence[tuple[Required, str]]) -> list[tuple[str, str]]:
    """What is missing for a notice, each once, with the languages that lack it: "" for both."""
    found = []
    for required in REQUIRED:
        languages = [language for one, language in pairs if one is required]
        if languages:
            found.append((str(capfirst(required.label)), languages[0] if len(languages) == 1 else ""))
    return found


def known(breach: Breach) -> Phase | None:
    """The last phase of a breach."""
    return breach.phases.order_by("-number").first()
