"""Who may see a holder's page: users of an account, and for what decides over it the main user alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.models import User

View = Callable[..., HttpResponse]
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
