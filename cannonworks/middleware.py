"""What every answer of the site has in common: how a refusal is told, and what a page may load."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from cannonworks import closed, isolation
from cannonworks.errors import Refused, is_fence

Answer = Callable[[HttpRequest], HttpResponse]

#: Styles within the administration's pages, by hash: the colours of the house, and what htmx puts there. Who changes
#: the colours or the library is told the new hash by tests/journeys/test_policy.py.
STAFF_STYLES = ("TSDu5xYIF4dOyWSAn+2p2viA6YbbnWxzUR6ZyMvMs8Y=", "bsV5JivYxvGywDAZ22EZJKBFip65Ng9xoJVLbBg7bdo=")

#: Our pages have no inline script or style and nothing of another host; the browser holds us to it.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)

#: The administration's library computes expressions that stand in its pages, and places things by style attributes; no
#: script or style within a page but what is named here by its hash. See docs/decisions/0015-what-a-page-may-load.md.
STAFF_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self' {styles}; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
).format(styles=" ".join(f"'sha256-{style}'" for style in STAFF_STYLES))

#: What a page may ask of the device: to sign in with a passkey, and nothing else.
PERMISSIONS = ", ".join(
    (
        *(f"{name}=()" for name in (
            "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media",
            "fullscreen", "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer",
            "microphone", "midi", "payment", "picture-in-picture", "screen-wake-lock", "serial", "usb",
            "xr-spatial-tracking",
        )),
        "publickey-credentials-get=(self)",
        "publickey-credentials-create=(self)",
    )
)  # fmt: skip


class HeadersMiddleware:
    """Say with every answer, files included, that it is not for others nor for keeping, unless it says so itself."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class IsolationMiddleware:
    """Give every request one transaction and, until it is known who asks, the role of a visitor.

    What ends in an answer of 500 or more is rolled back as a whole. Where the database lets nobody in, we say so.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not closed.lets_in():
            return closed.answer(request)
        outermost = not connection.in_atomic_block
        with transaction.atomic(), isolation.acting_as(isolation.VISITOR, until_commit=outermost):
            response = self.get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
        return response


class RoleMiddleware:
    """Let the view of who is signed in see what this user may see.

    A session that changed is saved as a visitor again: it may be nobody's by then.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        isolation.become(request.user)
        response = self.get_response(request)
        if response.status_code < 500 and (request.session.modified or not request.user.is_authenticated):
            isolation.assume(isolation.VISITOR)
        return response


class RefusedMiddleware:
    """Tell a refused action as a message on the dashboard; a page that cannot be had is a 409 that says why.

    Whose account is claimed for erasure in mid-request goes to the door, where they are told.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if is_fence(exception):
            transaction.set_rollback(True)  # it takes no statement any more: no page that looks something up
            return redirect(settings.LOGIN_URL)
        if not isinstance(exception, Refused) or not request.accepts("text/html"):
            return None
        if request.method in ("GET", "HEAD"):
            return render(request, "409.html", {"refused": exception}, status=409)
        messages.error(request, exception.message)
        return redirect("dashboard")


class ContentSecurityPolicyMiddleware:
    """Send a policy with every page that has none of its own: the strict one, or that of the administration."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            of_staff = request.path_info.startswith("/admin/")
            response.headers.setdefault("Content-Security-Policy", STAFF_POLICY if of_staff else POLICY)
        return response
