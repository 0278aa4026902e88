"""The security page and what hangs on it: second factors, passkeys, signed-in browsers (§7)."""

from __future__ import annotations

from functools import wraps
from typing import Any, cast

from allauth.account.models import EmailAddress
from allauth.account.views import ConfirmEmailView
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.internal.auth import begin_registration
from allauth.mfa.webauthn.views import AddWebAuthnView, RemoveWebAuthnView
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import SimpleTemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import signing_in
from accounts.access import View, needs_second_factor
from accounts.models import Session, User
from cannonworks import isolation
from cannonworks.errors import Refused

Type = Authenticator.Type


def signed_in(request: HttpRequest) -> User:
    """Whoever is signed in; nobody else gets as far as these pages."""
    return cast(User, request.user)


def as_visitor(view: View) -> View:
    """Answer as a visitor also who is signed in: only that role reads and writes how anybody signs in.

    For links in mails, which may be of somebody else, and for the own address, which a helper may not write. The page
    is drawn for who is signed in by then: another's link signs out.
    """

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with isolation.acting_as(isolation.VISITOR):
            response = view(request, *args, **kwargs)
            if isinstance(response, SimpleTemplateResponse) and not request.user.is_authenticated:
                response.render()
        return response

    return answered


@require_GET
def security(request: HttpRequest) -> HttpResponse:
    """Password, e-mail, second factors and signed-in browsers of whoever looks."""
    user = signed_in(request)
    own = list(Authenticator.objects.filter(user=user).order_by("pk"))
    codes = next((each.wrap() for each in own if each.type == Type.RECOVERY_CODES), None)
    context = {
        "app": next((each for each in own if each.type == Type.TOTP), None),
        "passkeys": [each for each in own if each.type == Type.WEBAUTHN],
        "codes_left": len(codes.get_unused_codes()) if codes else None,
        "new_address": EmailAddress.objects.filter(user=user, verified=False).exclude(email=user.email).first(),
        "required": needs_second_factor(user),
        "browsers": Session.objects.signed_in(user, at=timezone.now()),
        "this_browser": request.session.session_key,
    }
    return render(request, "account/security.html", context)


@require_POST
def end_session(request: HttpRequest, handle: str) -> HttpResponse:
    """End another browser of whoever asks."""
    user = signed_in(request)
    for session in Session.objects.signed_in(user, at=timezone.now()):
        if session.handle == handle and session.session_key != request.session.session_key:
            signing_in.end_session(session, actor=user)
            messages.success(request, _("That browser is signed out."))
            return redirect("mfa_index")
    raise Http404


@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """End all browsers of whoever asks but this one."""
    signing_in.end_other_access(signed_in(request), keep_session=request.session.session_key)
    messages.success(request, _("You are signed out everywhere else."))
    return redirect("mfa_index")


class AddApp(ActivateTOTPView):
    """Add an authenticator app. Who got in without one elsewhere, is out."""

    def form_valid(self, form: Any) -> HttpResponse:
        signing_in.end_access(self.request.user, keep_session=self.request.session.session_key)
        return super().form_valid(form)


class AddPasskey(AddWebAuthnView):
    """Add a passkey, which asks for a finger, a face or a code and so is enough to sign in. The same holds."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)  # begins a ceremony of its own; the last one begun counts
        return {**context, "js_data": {"creation_options": begin_registration(self.request.user, passwordless=True)}}

    def form_valid(self, form: Any) -> HttpResponse:
        signing_in.end_access(self.request.user, keep_session=self.request.session.session_key)
        return super().form_valid(form)


class RemovePasskey(RemoveWebAuthnView):
    """Remove a passkey, unless it is the last second factor of somebody who needs one."""

    def get_object(self, queryset: Any = None) -> Any:
        passkey = super().get_object(queryset)
        if not get_adapter().can_delete_authenticator(passkey):
            words = get_adapter().error_messages["cannot_delete_authenticator"]
            raise Refused("needs_second_factor", str(words), clause="7")
        return passkey


class ConfirmAddress(ConfirmEmailView):
    """Confirm an address by the link in a mail. One that somebody else has is refused by the database, here."""

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            with transaction.atomic():
                return super().post(*args, **kwargs)
        except IntegrityError:
            messages.error(self.request, _("This address cannot be used. Choose another one."))
            return redirect("mfa_index" if self.request.user.is_authenticated else "account_login")


@login_not_required
def admin_door(request: HttpRequest) -> HttpResponse:
    """Send staff to the one door there is; whoever is signed in and no staff, stays out."""
    if request.user.is_authenticated:
        if not request.user.is_staff:
            raise PermissionDenied
        return redirect("admin:index")
    wanted = request.GET.get("next") or reverse("admin:index")
    return redirect(f"{reverse('account_login')}?{urlencode({'next': wanted})}")
