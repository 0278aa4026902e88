"""Locks against guessing passwords (§7): by e-mail and by network address, for a fixed time, known e-mail or not.

Counts and locks are in the cache under keyed hashes and end by themselves, so nothing about anybody outlives the
cool-off. An attempt on a locked door neither counts nor prolongs.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from allauth.core.internal.httpkit import get_client_ip
from axes.handlers.base import AbstractAxesHandler, AxesBaseHandler
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from accounts.models import User
from cannonworks import rates
from cannonworks.problems import outside_views
from journal import services as journal


def client_address(request: HttpRequest) -> str | None:
    """The network address of whoever asks; forwarded ones count only behind as many proxies as the settings name."""
    return get_client_ip(request)


def email_of(request: HttpRequest | None, credentials: dict[str, Any] | None) -> str | None:
    """The e-mail that somebody tries, in lower case; None when there is none."""
    email = (credentials or {}).get("email")
    return email.lower() if email else None


def count_failure(email: str | None, address: str | None, *, at: datetime) -> list[str]:
    """Count a failed attempt for both; return what it locked: ``email``, ``address``, both or nothing."""
    seconds = settings.SIGN_IN_LOCK_MINUTES * 60
    locked = []
    for kind, failures, lock in _keys(email, address):
        if rates.count(failures, seconds=seconds) >= settings.SIGN_IN_FAILURES[kind]:
            cache.set(lock, at + timedelta(seconds=seconds), seconds)
            cache.delete(failures)
            locked.append(kind)
    return locked


def locked_until(email: str | None, address: str | None = None) -> datetime | None:
    """When the last of the locks on these ends; None when they are open."""
    return max(cache.get_many([lock for _kind, _failures, lock in _keys(email, address)]).values(), default=None)


def unlock(email: str) -> bool:
    """Forget failures and lock of an e-mail; whether it was locked."""
    was_locked = locked_until(email) is not None
    cache.delete_many([key for _kind, *keys in _keys(email, None) for key in keys])
    return was_locked


def _keys(email: str | None, address: str | None) -> Iterator[tuple[str, str, str]]:
    for kind, value in (("email", email and email.lower()), ("address", address)):
        if value:
            digest = salted_hmac("accounts.lockout", f"{kind}:{value}", algorithm="sha256").hexdigest()
            yield kind, f"sign-in:failures:{digest}", f"sign-in:lock:{digest}"


class Handler(AbstractAxesHandler, AxesBaseHandler):
    """What django-axes asks before each attempt and tells after it."""

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        return locked_until(email_of(request, credentials), client_address(request)) is not None

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        return 0  # ``is_locked`` knows

    def user_login_failed(
        self, sender: object, credentials: dict[str, Any], request: Any = None, **_more: object
    ) -> None:
        if request is None:  # a check outside a page locks nobody
            return
        request.axes_credentials = credentials
        if not request.axes_locked_out:
            failed(request, email_of(request, credentials), factor="password")

    def user_logged_in(self, sender: object, request: HttpRequest, user: User, **_more: object) -> None:
        unlock(user.email)

    def user_logged_out(self, sender: object, request: HttpRequest, user: User | None, **_more: object) -> None:
        pass


def failed(request: Any, email: str | None, *, factor: str) -> None:
    """Journal a failed attempt, count it, and let the answer be the page of a lock when it was one too many."""
    user = User.objects.select_related("account").filter(email=email).first() if email else None
    who: dict[str, Any] = {"account": user and user.account, "actor": user, "clause": "7"}
    journal.record("sign_in.failed", **who, factor=factor)
    for kind in count_failure(email, client_address(request), at=timezone.now()):
        journal.record("sign_in.locked", **who, by=kind, minutes=settings.SIGN_IN_LOCK_MINUTES)
        request.axes_locked_out, request.axes_credentials = True, {"email": email}


def page(request: Any, response: HttpResponse | None, credentials: dict[str, Any] | None) -> HttpResponse:
    """What a locked-out visitor sees: what happened, when it ends, what to do. The same for every e-mail."""
    until = locked_until(email_of(request, credentials), client_address(request))
    if until is None:  # it ended while we looked
        until = timezone.now()
    if request.path_info.startswith("/api/"):
        detail = _("Signing in is locked for a while after too many failures. Try again after %(until)s.")
        return outside_views(
            "locked_out", status=429, detail=detail % {"until": time_format(timezone.localtime(until))}
        )
    return render(request, "account/locked.html", {"until": until}, status=429)
