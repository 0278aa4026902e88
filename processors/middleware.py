"""Staff and helpers reach nothing before they have promised to keep quiet (§8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts.access import needs_second_factor
from accounts.middleware import OPEN as SECURITY
from accounts.middleware import is_one_of
from processors import confidentiality

#: The page to sign, and those of one's own second factor, which comes first.
OPEN = SECURITY | {"confidentiality"}
#: In a session: the day on which its user was found to be bound. Whoever's statement ends is signed out.
BOUND_ON = "bound_on"


class ConfidentialityMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        user = request.user
        if not user.is_authenticated or not needs_second_factor(user):
            return None
        today = timezone.localdate()
        if request.session.get(BOUND_ON) == today.isoformat():
            return None
        if confidentiality.is_bound(user, on=today):
            request.session[BOUND_ON] = today.isoformat()
            return None
        return None if is_one_of(request, OPEN) else redirect("confidentiality")
