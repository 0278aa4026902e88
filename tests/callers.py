"""Clients of the API: with a device token, with a session, with nothing; and the shape of every problem."""

from __future__ import annotations

from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import tokens
from accounts.models import User
from tests.signin import freshly

API = "/api/v1"


def device(user: User, *, name: str = "Telefoon") -> APIClient:
    """A client with a new device token of the user, which is at ``client.token``."""
    _row, token = tokens.make_token(user, name=name, at=timezone.now())
    client = APIClient()
    client.token = token
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}", HTTP_ACCEPT_LANGUAGE="en")
    return client


def browser(user: User) -> Client:
    """A client with a session of the user; it sends JSON like the other."""
    client = APIClient()
    client.force_login(user)
    client.credentials(HTTP_ACCEPT_LANGUAGE="en")
    return client


def just_signed_in(user: User) -> APIClient:
    """The same, with a password given just now."""
    return freshly(browser(user), user)


def problem(response, status: int, code: str) -> dict:
    """Check that the answer is a problem document with this status and code, and return it."""
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json"), response.content
    told = response.json()
    assert {"type", "title", "status", "detail", "instance", "code"} <= told.keys()
    assert told.keys() <= {"type", "title", "status", "detail", "instance", "code", "clause", "errors", "page"}
    assert (told["status"], told["code"], told["type"]) == (status, code, f"urn:cannonworks:problem:{code}")
    assert told["instance"].startswith("urn:uuid:")
    assert told["title"]
    assert told["detail"]
    return told
