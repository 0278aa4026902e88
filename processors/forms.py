from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class FindForm(forms.Form):
    """What a helper looks for, and where the page begins; what is not understood is left out."""

    search = forms.CharField(label=_("Reference, KvK number or name of the company"), required=False, max_length=60)
    before = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, named: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not named:
            self.fields["search"].label = _("Reference of the account")
