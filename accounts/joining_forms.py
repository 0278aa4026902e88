"""Forms of signing up, joining by an invitation, and changing what one said of oneself or the company (§1, §19)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.forms import HINTS, ContactForm
from accounts.models import Company, User
from cannonworks.forms import Grouped

#: The age is that of ``signing_up.YOUNGEST``.
TOO_YOUNG = _(
    "Are you younger than 16? Then you cannot have an account yet: we ask you to give us no data at all. We kept"
    " nothing of what you typed."
)


class OldEnough(forms.BooleanField):
    """The declaration of being 16 or older; who does not give it is told kindly why it ends there (§1)."""

    def __init__(self) -> None:
        super().__init__(label=_("I am 16 years or older"), error_messages={"required": TOO_YOUNG})


class AskForm(forms.Form):
    """The first step: whose mailbox, old enough, and in which language."""

    email = forms.EmailField(
        label=_("Your e-mail"),
        help_text=_("With this you sign in. We send a link to it."),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    old_enough = OldEnough()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].initial = get_language()


class CompanyForm(ContactForm):
    """The company of an account."""

    class Meta(ContactForm.Meta):
        model = Company
        help_texts = {
            "sole_trader": _("You work for yourself: a one-man business, self-employed."),
            "email": _("This stands on your quotes and invoices."),
        }


class OwnForm(Grouped, forms.ModelForm):
    """Somebody's own name, and the language of pages and mails."""

    class Meta:
        model = User
        fields: tuple[str, ...] = ("first_name", "initials", "infix", "last_name", "gender", "language")

    GROUPS = ((_("You"), ("first_name", "initials", "infix", "last_name", "gender", "language")),)
    SPAN = {"first_name": 4, "initials": 2, "infix": 2, "last_name": 4, "gender": 3, "language": 3}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = {"first_name": "given-name", "infix": "off", "initials": "off", "last_name": "family-name"}
        for name, hint in names.items():
            self.fields[name].widget.attrs["autocomplete"] = hint


class NewUserForm(OwnForm):
    """Somebody who gets a user of their own: name and password; the language is that of the page."""

    password = forms.CharField(
        label=_("Password"),
        help_text=HINTS["password1"],
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    class Meta(OwnForm.Meta):
        fields = ("first_name", "initials", "infix", "last_name", "gender")

    GROUPS = (
        (_("You"), ("first_name", "initials", "infix", "last_name", "gender")),
        (_("How you sign in"), ("password",)),
    )

    def clean_password(self) -> str:
        validate_password(self.cleaned_data["password"], self.instance)
        return self.cleaned_data["password"]

    def ask_again(self) -> None:
        """Say why the password is empty on a page that comes back for something else: it is never sent back."""
        if "password" not in self.errors:
            self.add_error("password", _("Choose your password once more: we do not send it back to you."))


class JoinForm(NewUserForm):
    """A colleague who was invited."""

    old_enough = OldEnough()

    GROUPS = (*NewUserForm.GROUPS, ("", ("old_enough",)))


class SignUpForm(NewUserForm):
    """The owner of a new account."""

    newsletter = forms.BooleanField(
        label=_("Send me the newsletter"),
        help_text=_("Now and then, about what is new. You can stop it here, or in every newsletter with one click."),
        required=False,
        initial=True,
    )
    terms = forms.BooleanField(
        label=_("I accept the terms"),
        error_messages={
            "required": _("Without this we cannot open an account: the terms say what we do with your data.")
        },
    )

    GROUPS = (*NewUserForm.GROUPS, (_("Newsletter and terms"), ("newsletter", "terms")))


class InviteForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail of your colleague"), widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
