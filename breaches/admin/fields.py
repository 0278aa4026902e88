"""Fields that the forms of staff share."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import INPUT_CLASSES, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from breaches import forms as ours


class MomentInput(ours.Moment):
    """A day and a time, looking as the administration's other fields do."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"class": " ".join(INPUT_CLASSES), **(attrs or {})})


class MomentField(ours.MomentField):
    widget = MomentInput


def text(label: Any, *, most: int, help_text: Any = "", required: bool = True, rows: int = 0) -> forms.CharField:
    """A line, or ``rows`` of them; what is too long is said and kept, not cut off by the browser."""
    widget = UnfoldAdminTextareaWidget(attrs={"rows": rows}) if rows else UnfoldAdminTextInputWidget()
    made = forms.CharField(label=label, max_length=most, help_text=help_text, required=required, widget=widget)
    made.widget.attrs.pop("maxlength", None)
    return made
