"""Who may see a holder's page: users of an account, and for what decides over it the main user alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

View = Callable[..., HttpResponse]
#: Where a session keeps the moment (Unix time) at which its user gave a password, and how long that is fresh.
SIGNED_IN_AT = "signed_in_at"
FRESH_FOR = timedelta(minutes=10)


def is_fresh(request: Any) -> bool:
    """Whether whoever sends the request gave a password just now, in this very session; a device token never is."""
    if getattr(request, "auth", None) is not None:
        return False
    age = timezone.now().timestamp() - request.session.get(SIGNED_IN_AT, 0)
    return 0 <= age < FRESH_FOR.total_seconds()


def holder_only(view: View) -> View:
    """Show the page to users of an account; staff have theirs elsewhere and are sent there."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_staff:
            return redirect("admin:index")
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
