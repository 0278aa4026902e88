"""What somebody fills in who asks something about their own data (§15); no more than is needed to pass it on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cannonworks.forms import Grouped
from rights.models import SubjectRequest, Wish

#: What each of them comes to, for whoever has to choose.
MEANING: Mapping[str, Promise] = {
    Wish.INFORM: gettext_lazy("You get our privacy statement at once. What a company has of you, it tells you itself."),
    Wish.CHANGE: gettext_lazy("Something is wrong or has changed: a name, an address, a number."),
    Wish.RESTRICT: gettext_lazy("Your data stays, but nobody may work with it."),
    Wish.LIFT: gettext_lazy("Your data was set aside, and may be used again."),
    Wish.ERASE: gettext_lazy(
        "Your data goes. Quotes and invoices that were issued stay as they are: the law asks that."
    ),
}


class RequestForm(Grouped, forms.ModelForm):
    """The second step, behind the link."""

    class Meta:
        model = SubjectRequest
        fields = ("wish", "name", "company", "known_as", "details", "wants_agreement")
        widgets = {"wish": forms.RadioSelect}
        labels = {
            "wish": gettext_lazy("What do you want?"),
            "name": gettext_lazy("Your name"),
            "company": gettext_lazy("Which company keeps your data?"),
            "known_as": gettext_lazy("By what else do they know you?"),
            "details": gettext_lazy("What exactly?"),
            "wants_agreement": gettext_lazy("I want a copy of the agreement that you have with that company"),
        }
        help_texts = {
            "company": gettext_lazy("As it stands on its invoices, with the town if you know it."),
            "known_as": gettext_lazy("Another name, an address or a customer number. It helps them to find you."),
            "details": gettext_lazy(
                "For a change: what is there now, and what it should be. Give no BSN or identity paper."
            ),
        }

    GROUPS = (
        (Meta.labels["wish"], ("wish",)),
        (gettext_lazy("Who are you?"), ("name", "known_as")),
        (gettext_lazy("About which data?"), ("company", "details", "wants_agreement")),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        wish, company = self.fields["wish"], self.fields["company"]
        wish.choices = Wish.choices  # type: ignore[attr-defined]  # without the empty one
        wish.error_messages["required"] = _("Choose what you want.")
        # Whatever is passed on needs a company; what we answer by ourselves does not.
        company.required = self["wish"].value() != Wish.INFORM
        company.error_messages["required"] = _("Fill in the company: we pass your request on to it.")
        self.fields["name"].widget.attrs["autocomplete"] = "name"
        self.fields["details"].widget.attrs["rows"] = 5

    def wishes(self) -> Iterator[tuple[Any, str | Promise]]:
        """Each choice with what it comes to."""
        for choice in self["wish"]:
            yield choice, MEANING[str(choice.data["value"])]

    def clean_details(self) -> str:
        """A change needs to be told."""
        details = str(self.cleaned_data["details"])
        if not details and self.cleaned_data.get("wish") == Wish.CHANGE:
            raise forms.ValidationError(_("Tell what has to change: what is there now, and what it should be."))
        return details
