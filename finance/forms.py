from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from finance.models import Mailing, ShareDays


class ShareForm(forms.Form):
    """For how long a link works."""

    days = forms.TypedChoiceField(
        label=_("The link works for"), choices=ShareDays.choices, initial=ShareDays.MONTH, coerce=int
    )


class MailForm(forms.Form):
    """To whom a document goes, with which words, and how."""

    PDF, LINK = "pdf", "link"

    to = forms.EmailField(label=_("To"), widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    message = forms.CharField(
        label=_("Your message"),
        required=False,
        max_length=Mailing._meta.get_field("message").max_length,
        help_text=_("Stands above our line about the document. May be left out."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    how = forms.ChoiceField(
        label=_("How"),
        choices=[(PDF, _("With the PDF in the mail")), (LINK, _("With a link to it"))],
        initial=PDF,
        widget=forms.RadioSelect,
    )
    days = forms.TypedChoiceField(
        label=_("The link works for"), choices=ShareDays.choices, initial=ShareDays.MONTH, coerce=int, required=False,
        empty_value=ShareDays.MONTH,
    )  # fmt: skip

    def mail(self) -> dict[str, Any]:
        """What ``sharing.mail_document`` is told."""
        given = self.cleaned_data
        days = given["days"] if given["how"] == self.LINK else None
        return {"to": given["to"], "message": given["message"], "days": days}
