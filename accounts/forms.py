from __future__ import annotations

from typing import Any

from allauth.account import forms as account_forms
from allauth.mfa.base import forms as factor_forms
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.access import is_gone
from accounts.models import Account, DeviceToken, User, contact_checks
from cannonworks.countries import countries
from cannonworks.forms import LongSelect, Revised

#: Told to whoever still tries; the database would refuse the session.
GONE = _("This account has been erased or is being erased. Nobody can sign in to it any more.")

LABELS = {
    "login": _("E-mail"),
    "email": _("E-mail"),
    "password": _("Password"),
    "oldpassword": _("Your password now"),
    "password1": _("New password"),
    "password2": _("New password, once more"),
    "code": _("Code"),
    "name": _("Name of this passkey"),
}
HINTS = {"password1": _("At least 10 characters. A few words in a row are easy to remember and hard to guess.")}


class Plain:
    """allauth's forms in our words: labels above the fields, nothing inside them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label, field.help_text = LABELS.get(name, field.label), HINTS.get(name, "")
            if name == "code":
                field.widget.attrs |= {"inputmode": "numeric", "autofocus": True}

    def clean(self) -> Any:
        cleaned = super().clean()
        if "password2" in self.errors:  # of all that it may say, this is the only thing there is
            words = [_("This is not the same password as above.")]
            self.errors["password2"] = self.error_class(words, field_id=self["password2"].auto_id)
        return cleaned


class SignInForm(Plain, account_forms.LoginForm):
    """E-mail and password; in which case the e-mail is typed does not matter."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs |= {"autocomplete": "username", "autofocus": True}

    def clean(self) -> Any:
        cleaned = super().clean()
        if self.user is not None and is_gone(self.user):
            raise forms.ValidationError(GONE, code="erased")
        return cleaned


class ForgottenForm(Plain, account_forms.ResetPasswordForm):
    """The address of whoever forgot the password; the answer is the same whether or not we know it."""

    def clean_email(self) -> str:
        email = self.cleaned_data["email"]
        known = User.objects.with_password().select_related("account").filter(email=email, is_active=True)
        self.users = [user for user in known if not is_gone(user)]
        return email


class ResetForm(Plain, account_forms.ResetPasswordKeyForm):
    """A new password, by the link in a mail."""


class ChangePasswordForm(Plain, account_forms.ChangePasswordForm):
    """A new password for who knows the old one."""


class SetPasswordForm(Plain, account_forms.SetPasswordForm):
    """A first password."""


class ProveForm(Plain, account_forms.ReauthenticateForm):
    """The password once more."""


class EmailForm(Plain, account_forms.AddEmailForm):
    """A new address. Whether somebody else has it we do not say; confirming it then fails."""

    def clean_email(self) -> str:
        email = self.cleaned_data["email"]
        if email == self.user.email:
            raise forms.ValidationError(_("This is your e-mail address already."), code="duplicate_email")
        return email


class CodeForm(Plain, factor_forms.AuthenticateForm):
    """A code of the authenticator app, or a recovery code."""


class ProveCodeForm(Plain, factor_forms.ReauthenticateForm):
    """The same, once more."""


class AppForm(Plain, ActivateTOTPForm):
    """The first code of an authenticator app."""


class PasskeyForm(Plain, AddWebAuthnForm):
    """A name, and what the browser made."""

    passwordless = None


class ContactForm(Revised):
    """Company data and address as §19 lists them, for companies, relations and employees; a subclass names its model.

    Numbers may be typed with blanks and dots; they are checked and written anew when the field is left.
    """

    country = forms.ChoiceField(label=_("Country"), choices=countries, initial="NL", widget=LongSelect)

    class Meta:
        fields: tuple[str, ...] = (
            "company_name", "sole_trader", "kvk_number", "vat_number", "email", "phone",
            "street", "house_number", "postcode", "city", "country",
        )  # fmt: skip

    GROUPS = (
        (_("Company"), ("company_name", "sole_trader", "kvk_number", "vat_number")),
        (_("Contact"), ("email", "phone")),
        (_("Address"), ("street", "house_number", "postcode", "city", "country")),
    )
    SPAN = {
        "kvk_number": 3, "vat_number": 3, "email": 3, "phone": 3,
        "street": 4, "house_number": 2, "postcode": 2, "city": 4, "country": 3,
    }  # fmt: skip
    LIVE = ("kvk_number", "vat_number", "email", "phone", "postcode")
    #: So many characters may be typed where the written form has fewer.
    TYPED = 40
    KEYBOARDS = {"kvk_number": "numeric", "phone": "tel"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in contact_checks(country="NL", sole_trader=False):
            field = self.fields[name]
            field.validators, field.widget.attrs["maxlength"] = [], self.TYPED
        for name, keyboard in self.KEYBOARDS.items():
            self.fields[name].widget.attrs["inputmode"] = keyboard
        for name in self._meta.model.REQUIRED:
            self.fields[name].required = True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        checks = contact_checks(country=cleaned.get("country", ""), sole_trader=cleaned.get("sole_trader", False))
        for name, check in checks.items():
            try:
                cleaned[name] = check(cleaned[name]) if cleaned.get(name) else cleaned.get(name, "")
            except forms.ValidationError as error:
                self.add_error(name, error)
        return cleaned

    def _update_errors(self, errors: forms.ValidationError) -> None:
        """Of a field that is wrong already, the model has nothing to add: it never saw what was typed."""
        told = {name: found for name, found in errors.error_dict.items() if name not in self.errors}
        if told:
            super()._update_errors(forms.ValidationError(told))


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


class DeviceForm(forms.Form):
    name = forms.CharField(
        label=_("Name of the device"),
        help_text=_("As you call it yourself, like “my telephone”."),
        max_length=DeviceToken._meta.get_field("name").max_length,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


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


class AddressForm(forms.Form):
    """An address, in lower case, as all of them are kept."""

    email = forms.EmailField(
        label=_("Your e-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()
