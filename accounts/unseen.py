"""Pages whose address is a secret of whoever has the link: no search engine, no other site, no copy learns it (§7)."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.access import View
from accounts.lockout import client_address
from cannonworks.rates import is_too_often

#: So many openings a minute from one network address: many people may share one, who guesses tokens needs far more.
MOST_A_MINUTE = 60


def unseen(view: View) -> View:
    """Keep the address of a page to whoever has it, for everybody who has it; and not too often.

    A page with a form tells its address to our own site alone: or a browser does not say that the form is ours.
    """

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if is_too_often("shared", client_address(request), most=MOST_A_MINUTE, seconds=60):
            response = render(request, "429.html", status=429)
        else:
            response = view(request, *args, **kwargs)
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        return response

    return login_not_required(answered)
