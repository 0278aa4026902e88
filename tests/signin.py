"""Signing in, in tests: through the real pages, or straight to a session that is fresh."""

from __future__ import annotations

import time
from typing import Any

from allauth.mfa.totp.internal import auth
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from accounts.sessions import HALFWAY_KEY
from tests.factories import PASSWORD, TOTP_SECRET


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: Any):
    """Post the sign-in page."""
    return client.post("/sign-in/", {"login": email, "password": password, **more})


def second_step(client: Client, code: str | None = None):
    """Post the page of the second factor, with the right code unless told otherwise."""
    return client.post("/sign-in/code/", {"code": code or totp()})


def altered(token: str) -> str:
    """The same with another letter in its middle: at its end, letters differ of which the bits are not used."""
    middle = len(token) // 2
    return token[:middle] + ("B" if token[middle] == "A" else "A") + token[middle + 1 :]


def freshly(client: Client, user: User, *, minutes_ago: int = 0) -> Client:
    """Sign in without the pages, with a password given just now: what may be done is what a fresh sign-in may do.

    Given ``minutes_ago``, it may be that it has to be given again.
    """
    client.force_login(user)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time() - 60 * minutes_ago}]
    session[HALFWAY_KEY] = str(user.pk)
    session.save()
    return client


def totp(secret: str = TOTP_SECRET, *, forgiven: bool = True) -> str:
    """What an authenticator app shows now. Codes work once; here they are forgiven, since tests do not wait."""
    if forgiven and (used := list(cache._cache.get_client(write=True).scan_iter("*allauth.mfa.totp.used*"))):
        cache._cache.get_client(write=True).delete(*used)
    return auth.format_hotp_value(auth.hotp_value(secret, int(time.time()) // 30))
