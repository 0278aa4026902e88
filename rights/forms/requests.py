"""What the holder answers about a data subject's request (§15)."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from relations.models import PersonKind
from rights import fulfilling
from rights.models import Outcome

NOTE = 1000
OUTCOMES = [(outcome.value, outcome.label) for outcome in fulfilling.OUTCOMES]
#: What the note is called, by how the request is handled.
NOTES = {
    Outcome.FULFILLED: _("What you did (need not be filled in)"),
    Outcome.NOT_HERE: _("What you looked for (need not be filled in)"),
    Outcome.DECLINED: _("Which ground in the law you have"),
}


class SearchForm(forms.Form):
    """Words to look for in the account's lists."""

    search = forms.CharField(label=_("Search in your lists"), max_length=100, required=False)


class ChooseForm(forms.Form):
    """Who it is."""

    kind = forms.ChoiceField(choices=PersonKind.choices)
    person = forms.UUIDField()


class FinishForm(forms.Form):
    """How a request was handled, with a note that stays with it."""

    outcome = forms.ChoiceField(choices=OUTCOMES, widget=forms.HiddenInput)
    note = forms.CharField(max_length=NOTE, required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: object, outcome: str, **kwargs: object) -> None:
        super().__init__(*args, initial={"outcome": outcome}, auto_id=f"{outcome}_%s", **kwargs)  # type: ignore[arg-type]
        self.fields["note"].label = NOTES[Outcome(outcome)]
