"""What staff fill in of a request that came by letter, phone or mail (§15)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldBooleanWidget,
)

from cannonworks.admin_fields import text
from rights.handling import BY_STAFF
from rights.models import Channel, Wish


class EnterForm(forms.Form):
    """Who asks, how that was seen, and what of whom; the service checks it again."""

    channel = forms.ChoiceField(
        label=gettext_lazy("Came by"),
        choices=[(way, Channel(way).label) for way in BY_STAFF],
        widget=UnfoldAdminRadioSelectWidget(),
    )
    wish = forms.ChoiceField(
        label=gettext_lazy("What is asked"), choices=Wish.choices, widget=UnfoldAdminRadioSelectWidget()
    )
    name = text(gettext_lazy("Name of who asks"), most=160)
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        required=False,
        help_text=gettext_lazy("Every step is mailed to it. Without one you write letters; the page gives the words."),
        widget=UnfoldAdminEmailInputWidget(attrs={"autocomplete": "off"}),
    )
    address = text(gettext_lazy("Postal address"), most=300, required=False, rows=3)
    identity_check = text(
        gettext_lazy("Identity check"),
        most=200,
        help_text=gettext_lazy(
            "How you saw who asks: called back on a number we know, a signature compared. Keep no copies of papers."
        ),
    )
    company = text(gettext_lazy("Company that keeps the data"), most=160, required=False)
    known_as = text(
        gettext_lazy("Known to them as"),
        most=200,
        required=False,
        help_text=gettext_lazy("Another name, an address or a customer number."),
    )
    details = text(
        gettext_lazy("What exactly"),
        most=2000,
        required=False,
        rows=5,
        help_text=gettext_lazy("For a change: what is there now, and what it should be. No BSN."),
    )
    wants_agreement = forms.BooleanField(
        label=gettext_lazy("Wants a copy of the agreement"), required=False, widget=UnfoldBooleanWidget()
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"), choices=settings.LANGUAGES, widget=UnfoldAdminRadioSelectWidget()
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("email") and not given.get("address") and "email" not in self.errors:
            words = _("Give an e-mail or a postal address: the requester must be told what becomes of it.")
            self.add_error("address", words)
        if given.get("wish") not in (None, Wish.INFORM) and not given.get("company"):
            self.add_error("company", _("Ask which company keeps the data: without it nobody can be told."))
        return given
