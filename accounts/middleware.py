"""Who is signed in and yet reaches little: staff without a second factor (§7), users of a blocked account (§15)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts import usage
from accounts.access import has_second_factor, needs_second_factor
from accounts.context import SECURED
from cannonworks import blocking

log = logging.getLogger(__name__)

#: Names of the pages with which one sets it up, and what these need.
OPEN = frozenset({
    "mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "mfa_view_recovery_codes", "account_reauthenticate",
    "account_change_password", "account_logout", "language",
})  # fmt: skip


def is_one_of(request: HttpRequest, names: frozenset[str]) -> bool:
    """Whether a page with one of these names is asked for."""
    match = request.resolver_match
    return match is not None and not match.namespace and match.url_name in names


class SecondFactorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        user = request.user
        if not user.is_authenticated or not needs_second_factor(user) or request.session.get(SECURED):
            return None
        if has_second_factor(user):
            request.session[SECURED] = True
            return None
        return None if is_one_of(request, OPEN) else redirect("mfa_index")  # which says why


class BlockedMiddleware:
    """Send users of a blocked account to the request for which it is, from wherever fulfilling that does not lead.

    Public pages are no part of the account. The API asks the same where it knows who calls (``cannonworks.callers``).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        user = request.user
        if not user.is_authenticated or not getattr(view, "login_required", True):
            return None
        return None if blocking.may_pass(user, request.resolver_match) else redirect("requests")


class UsageMiddleware:
    """Note what was asked, when it is answered and the transaction is over; no page waits for it (§17, §19)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        try:
            usage.note(request, response, at=timezone.now())
        except Exception:  # whatever is wrong with a statistic, the page is good
            log.exception("usage: an event was not noted")
        return response
