from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, User
from accounts.states import State

#: Told to whoever still tries; the database would refuse the session.
GONE = _("This account has been erased or is being erased. Nobody can sign in to it any more.")


class SignInForm(AuthenticationForm):
    """E-mail and password; in which case the e-mail is typed does not matter, which is the manager's doing."""

    username = forms.EmailField(
        label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    error_messages = {
        "invalid_login": _("This e-mail and password do not belong together. Check both and try again."),
        "inactive": _("You cannot sign in with this e-mail any more."),
    }

    def confirm_login_allowed(self, user: User) -> None:
        super().confirm_login_allowed(user)
        account = user.account
        if account is not None and (account.claimed_at is not None or account.state == State.ERASED):
            raise forms.ValidationError(GONE, code="erased")


class CompanyNameForm(forms.Form):
    """Confirm what is hard to undo by typing the company's name."""

    company_name = forms.CharField(
        label=_("Type the name of your company"), widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = account.company.company_name
        self.fields["company_name"].help_text = _("To confirm, type: %(name)s") % {"name": self.expected}

    def clean_company_name(self) -> str:
        typed = self.cleaned_data["company_name"]
        if _plain(typed) != _plain(self.expected):
            raise forms.ValidationError(_("That is not the name of your company."), code="other_name")
        return typed


class CancelForm(CompanyNameForm):
    erase_immediately = forms.BooleanField(
        label=_("I also ask for erasure at once"),
        help_text=_(
            "This counts only when we have received your registered letter. After you cancel you find the letter here,"
            " ready to print and sign. Until it is confirmed you can change your mind."
        ),
        required=False,
    )
    field_order = ["erase_immediately", "company_name"]


class Day(forms.DateInput):
    """A day, with the browser's own calendar."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class PeriodForm(forms.Form):
    """A period of whole days, both ends in it and both free, and where the page begins."""

    since = forms.DateField(label=_("From"), required=False, widget=Day)
    until = forms.DateField(label=_("Up to and including"), required=False, widget=Day)
    before = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        period = super().clean()
        if period.get("since") and period.get("until") and period["until"] < period["since"]:
            raise forms.ValidationError(_("The last day lies before the first."), code="backwards")
        return period


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()
