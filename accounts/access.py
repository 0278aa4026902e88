"""Who may see a page: users of an account, its main user alone, whoever signed in freshly or with a second factor."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.states import State

View = Callable[..., HttpResponse]
#: What counts as a second factor; recovery codes only stand in for one.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
#: The first page of each kind of user, by its URL name.
HOMES = {"holder": "dashboard", "staff": "admin:index", "helper": "helpers"}


def home(user: User) -> str:
    """The URL name of the page on which this user begins."""
    return HOMES[user.kind]


def holder_only(view: View) -> View:
    """Show the page to users of an account; staff and helpers have theirs elsewhere and are sent there."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.account_id is None:
            return redirect(home(request.user))
        return view(request, *args, **kwargs)

    return checked


def main_user_only(view: View) -> View:
    """As ``holder_only``, and PermissionDenied for colleagues of the main user. The services check it again."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_main:
            raise PermissionDenied(_("Only the main user of the account can do this."))
        return view(request, *args, **kwargs)

    return holder_only(checked)


def fresh(view: View) -> View:
    """Let whoever posts prove first that it is they, when they last did so ``FRESH_MINUTES`` ago or longer (§7).

    Password, authenticator app or passkey will do; afterwards the post goes through as it was. Looking is free.
    """

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            require_fresh(request)
        return view(request, *args, **kwargs)

    return checked


def require_fresh(request: HttpRequest) -> None:
    """The same for a part of a page: interrupts the request, which goes on after the proof."""
    if not is_fresh(request):
        raise ReauthenticationRequired


def is_fresh(request: Any) -> bool:
    """Whether whoever is signed in proved it within ``FRESH_MINUTES``, at sign-in or since; a device token never does.

    ``request`` is Django's, or that of the API.
    """
    if getattr(request, "auth", None) is not None:
        return False
    proofs = get_authentication_records(request, request.user)
    return any(0 <= time.time() - proof["at"] < settings.FRESH_MINUTES * 60 for proof in proofs)


def methods_used(request: HttpRequest) -> list[str]:
    """How whoever is signed in proved it in this session: ``password``, ``totp``, ``webauthn``, ``recovery_codes``."""
    return [proof.get("type", proof["method"]) for proof in get_authentication_records(request, request.user)]


def needs_second_factor(user: User) -> bool:
    """Whether this user may do nothing without a second factor: all of staff, and helpers (§7)."""
    return user.is_staff or user.is_helper


def has_second_factor(user: User) -> bool:
    """Whether an authenticator app or a passkey is set up."""
    return Authenticator.objects.filter(user=user, type__in=FACTORS).exists()


def is_gone(user: User) -> bool:
    """Whether the user's account is erased or being erased, so that nobody signs in to it any more (§6)."""
    account = user.account
    return account is not None and (account.claimed_at is not None or account.state == State.ERASED)
