"""Where allauth asks us: who may come in, where they go, what is written and mailed, how secrets are kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import user_login_failed
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import access, lockout, signing_in, terms
from accounts.context import TERMS_KEY
from accounts.forms import GONE
from accounts.language import keep_language
from accounts.models import User
from accounts.post import post
from accounts.sessions import note_device
from cannonworks import isolation
from cannonworks.encryption import seal_secret, unseal_secret

#: What the secrets of second factors are encrypted for.
FACTOR_PURPOSE = "second factor"

#: Mails that only tell what happened: template of allauth → what happened.
NOTICES = {
    "account/email/password_changed": _("Your password has been changed."),
    "account/email/password_set": _("Your password has been changed."),
    "account/email/password_reset": _("You have set a new password by e-mail."),
    "account/email/email_changed": _("Your e-mail address at CannonWorks has been changed."),
    "mfa/email/totp_activated": _("An authenticator app has been added to your sign-in."),
    "mfa/email/totp_deactivated": _("The authenticator app has been removed from your sign-in."),
    "mfa/email/webauthn_added": _("A passkey has been added to your sign-in."),
    "mfa/email/webauthn_removed": _("A passkey has been removed from your sign-in."),
    "mfa/email/recovery_codes_generated": _("You have new recovery codes; the old ones do not work any more."),
}

#: How somebody may prove once more who they are, by allauth's names.
WAYS = {
    "reauthenticate": _("Use your password"),
    "mfa_reauthenticate": _("Use a code"),
    "mfa_reauthenticate:webauthn": _("Use your passkey"),
}


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "duplicate_email": _("This is your e-mail address already."),
        "email_password_mismatch": _("This e-mail and password do not belong together. Check both and try again."),
        "enter_current_password": _("This is not your password of now."),
        "incorrect_code": _("This code is not right. Take the newest one and try again."),
        "incorrect_password": _("This is not your password. Try again."),
        "invalid_password_reset": _("This link does not work any more."),
        "rate_limited": _("That is too often. Wait a few minutes and try again."),
        "too_many_login_attempts": _("That was wrong too often. Wait five minutes and try again."),
    }

    # --- Coming in -------------------------------------------------------------------------------------------
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count nothing here: ``lockout`` does."""

    def reauthenticate(self, user: Any, password: str) -> bool:
        """Check the password that the request loaded; a wrong one counts for the lock as at sign-in."""
        request, email = self.request, {"email": user.email}
        if lockout.locked_until(user.email, lockout.client_address(request)):
            request.axes_locked_out, request.axes_credentials = True, email  # type: ignore[attr-defined]
            return False
        if user.check_password(password):
            return True
        user_login_failed.send(type(self).__module__, credentials=email, request=request)
        return False

    def get_reauthentication_methods(self, user: Any) -> list[dict]:
        return [way | {"description": WAYS[way["id"]]} for way in super().get_reauthentication_methods(user)]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        return not access.is_fresh(self.request)

    def pre_login(self, request: HttpRequest, user: Any, **more: Any) -> HttpResponse | None:
        with fenced(request, user):
            signing_in.adopt_address(user)
        return super().pre_login(request, user, **more)

    def login(self, request: HttpRequest, user: Any) -> None:
        with fenced(request, user):
            note_device(request, at=timezone.now(), address=lockout.client_address(request))
            super().login(request, user)
        isolation.become(user)

    def post_login(self, request: HttpRequest, user: Any, **more: Any) -> HttpResponse:
        signing_in.record_sign_in(user, methods=access.methods_used(request))
        remember_terms(request, user)
        return keep_language(super().post_login(request, user, **more), user.language)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return reverse(access.home(request.user))  # type: ignore[arg-type]  # signed in

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        return redirect("account_inactive")

    # --- Passwords and addresses -----------------------------------------------------------------------------
    def set_password(self, user: Any, password: str) -> None:
        own = self.request.user.is_authenticated and self.request.user.pk == user.pk
        # With the rights of a visitor, who sets one by a link too: a helper may write no user, not even himself.
        with isolation.acting_as(isolation.VISITOR), fenced(self.request, user):
            signing_in.set_password(user, password, keep_session=self.request.session.session_key if own else None)
        lockout.unlock(user.email)  # whoever got the mail or knew the old one does not guess

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("mfa_index")

    def get_email_verification_redirect_url(self, email_address: Any) -> str:
        return reverse("mfa_index" if self.request.user.is_authenticated else "account_login")

    def get_reset_password_from_key_url(self, key: str) -> str:
        uid, _dash, token = key.partition("-")
        return settings.SITE_URL + reverse("account_reset_password_from_key", args=[uid, token])

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return settings.SITE_URL + reverse("account_confirm_email", args=[emailconfirmation.key])

    # --- Mail ------------------------------------------------------------------------------------------------
    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write the mail in its reader's language, and hand it to the worker once all this is committed."""
        if (notice := NOTICES.get(template_prefix)) is not None:
            context, template_prefix = {**context, "notice": notice}, "account/email/notice"
        post(template_prefix, to=email, language=context["user"].language, **context)

    def send_notification_mail(
        self, template_prefix: str, user: Any, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        told = {"user": user, "at": timezone.now(), "address": lockout.client_address(self.request)}
        self.send_mail(template_prefix, email or user.email, {**(context or {}), **told})


def remember_terms(request: HttpRequest, user: Any) -> None:
    """Keep in the session whether terms are to be acknowledged (§21), so that no other page has to ask."""
    version = terms.to_acknowledge(user, timezone.localdate())
    request.session[TERMS_KEY] = version.number if version else None


class SecondFactorAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": AccountAdapter.error_messages["incorrect_code"],
        "cannot_delete_authenticator": _("You need a second factor. Add another one before you remove this one."),
        "cannot_generate_recovery_codes": _("Recovery codes go with a second factor. Set that up first."),
    }

    def encrypt(self, text: str) -> str:
        return seal_secret(text, purpose=FACTOR_PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal_secret(encrypted_text, purpose=FACTOR_PURPOSE)

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=access.FACTORS)
        return not access.needs_second_factor(authenticator.user) or others.exclude(pk=authenticator.pk).exists()

    def get_totp_issuer(self) -> str:
        return "CannonWorks"

    def _get_site_name(self) -> str:
        return "CannonWorks"

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return gettext("Passkey %(number)d") % {"number": number}

    def build_totp_svg(self, url: str) -> str:
        """The QR code as one path on a grid, for within the page: no style, no data address."""
        code = qrcode.QRCode(border=2)
        code.add_data(url)
        rows = code.get_matrix()
        path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
        return format_html(
            '<svg class="qr" viewBox="0 0 {size} {size}" role="img" aria-label="{label}"><path d="{path}"/></svg>',
            size=len(rows), label=gettext("QR code for your authenticator app"), path=path,
        )  # fmt: skip


@contextmanager
def fenced(request: HttpRequest, user: User) -> Iterator[None]:
    """Turn away whoever signs in to an account that goes: with words, and without a trace of a session (§6)."""
    try:
        with transaction.atomic():
            if access.is_gone(user):
                raise IntegrityError
            yield
    except IntegrityError as error:  # the database refuses what an erasure that was claimed a moment ago forbids
        if not access.is_gone(User.objects.select_related("account").get(pk=user.pk)):
            raise
        request.session.flush()
        messages.error(request, GONE)
        raise ImmediateHttpResponse(redirect("account_login")) from error
