"""Fields that the forms of the register share."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from unfold.widgets import INPUT_CLASSES, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from cannonworks.deadlines import AMSTERDAM, in_amsterdam


class MomentInput(forms.DateTimeInput):
    """A day and a time in Amsterdam, with the browser's own calendar and clock."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"class": " ".join(INPUT_CLASSES), **(attrs or {})}, format="%Y-%m-%dT%H:%M")


class MomentField(forms.DateTimeField):
    """A moment. Of the hour that comes twice when the clock goes back the earlier counts: its term ends first."""

    widget = MomentInput

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            found = parse_datetime(written) if len(written := str(value).strip()) > len("2026-11-17") else None
        except ValueError:
            found = None
        if found is None or found.tzinfo is not None or not 1 < found.year < 9999:
            raise forms.ValidationError(_("Enter a day and a time, such as 17-11-2026 09:30."), code="invalid")
        return in_amsterdam(found.replace(tzinfo=AMSTERDAM))


def text(label: Any, *, most: int, help_text: Any = "", required: bool = True, rows: int = 0) -> forms.CharField:
    """A line, or ``rows`` of them; what is too long is said and kept, not cut off by the browser."""
    widget = UnfoldAdminTextareaWidget(attrs={"rows": rows}) if rows else UnfoldAdminTextInputWidget()
    made = forms.CharField(label=label, max_length=most, help_text=help_text, required=required, widget=widget)
    made.widget.attrs.pop("maxlength", None)
    return made
