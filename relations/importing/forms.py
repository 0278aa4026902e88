from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from relations.importing import columns as naming
from relations.models import Import


class FileForm(forms.Form):
    """The file itself; the service says what is wrong with it."""

    file = forms.FileField(
        label=_("Your file"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv,text/plain"}),
        error_messages={"required": _("Choose a file first.")},
    )


class ColumnsForm(forms.Form):
    """Which field each column of a file is, and what becomes of who is there already."""

    takes_known = forms.BooleanField(
        label=_("Also take rows that look like somebody who is there already"),
        help_text=_(
            "Usually not: they would be in your list twice. We look at the e-mail address, the KvK number, the company"
            " with its postcode, and the name with the address."
        ),
        required=False,
    )

    def __init__(self, data: Any, *, found: Import, headings: Sequence[str]) -> None:
        initial = {f"column_{number}": name for number, name in enumerate(found.columns)}
        super().__init__(data, initial=initial | {"takes_known": found.takes_known})
        choices = [("", _("Leave out")), *naming.labels(found.what).items()]
        self.columns = [f"column_{number}" for number in range(len(found.columns))]
        for name, heading in zip(self.columns, headings, strict=True):
            self.fields[name] = forms.ChoiceField(label=heading or "—", choices=choices, required=False)

    def chosen(self) -> list[str]:
        """The field of each column, as it was chosen or recognised."""
        said = self.cleaned_data if self.is_bound and self.is_valid() else self.initial
        return [said.get(name, "") for name in self.columns]

    def takes(self) -> bool:
        """Whether who is there already is taken too."""
        return bool((self.cleaned_data if self.is_bound and self.is_valid() else self.initial).get("takes_known"))
