"""Fields that the forms of staff share, looking as the rest of the administration does."""

from __future__ import annotations

from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from cannonworks import forms as ours
from cannonworks import uploads
from cannonworks.errors import Refused


class DayInput(forms.DateInput):
    """A day, with the browser's own calendar."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"class": " ".join(INPUT_CLASSES), **(attrs or {})}, format="%Y-%m-%d")


class DayField(forms.DateField):
    widget = DayInput
    input_formats = ("%Y-%m-%d",)

    def __init__(self, **options: Any) -> None:
        super().__init__(input_formats=self.input_formats, **options)


class MomentInput(ours.Moment):
    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"class": " ".join(INPUT_CLASSES), **(attrs or {})})


class MomentField(ours.MomentField):
    widget = MomentInput


class PaperField(forms.FileField):
    """A scan or PDF, taken under a clause; that it is none, a form says beside the field."""

    widget = UnfoldAdminFileFieldWidget

    def __init__(self, *, clause: str, **options: Any) -> None:
        super().__init__(**{"max_length": 200, **options})
        self.clause = clause
        self.widget.attrs["accept"] = ".pdf,.jpg,.jpeg,.png"

    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, initial)
        if file:
            try:
                uploads.paper(file, clause=self.clause)
            except Refused as refused:
                raise forms.ValidationError(refused.message, code=refused.code) from None
        return file


class FoldedChoices(UnfoldAdminCheckboxSelectMultipleWidget):
    """Many boxes to tick, folded by their group; a group in which something is ticked stands open."""

    input_type = "folded"  # the library draws a field of another kind beside its label

    def create_option(self, *args: Any, **options: Any) -> dict[str, Any]:
        return super().create_option(*args, **options) | {"type": "checkbox"}

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        widget = self.get_context(name, value, attrs)["widget"]
        groups = [
            (group, options, sum(option["selected"] for option in options))
            for group, options, _n in widget["optgroups"]
        ]
        return render_to_string("admin/_partials/folded_choices.html", {"groups": groups, "widget": widget})


def text(label: Any, *, most: int, help_text: Any = "", required: bool = True, rows: int = 0) -> forms.CharField:
    """A line, or ``rows`` of them; what is too long is said and kept, not cut off by the browser."""
    widget = UnfoldAdminTextareaWidget(attrs={"rows": rows}) if rows else UnfoldAdminTextInputWidget()
    made = forms.CharField(label=label, max_length=most, help_text=help_text, required=required, widget=widget)
    made.widget.attrs.pop("maxlength", None)
    return made
