from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import cookies as declared


@login_not_required
@require_http_methods(["GET", "POST"])
def cookies(request: HttpRequest) -> HttpResponse:
    """Which cookies there are, and the choice about statistics; without an answer in it a post changes nothing."""
    given = request.POST.get("analytics")
    if request.method == "POST" and given in ("yes", "no"):
        if request.user.is_authenticated and request.user.account_id is not None:
            declared.answer(request.user, allowed=given == "yes")
        messages.success(request, _("We count along.") if given == "yes" else _("Nothing is counted of you any more."))
        return declared.keep_answer(redirect(_back(request)), allowed=given == "yes")
    context = {"cookies": declared.COOKIES, "allowed": allowed(request)}
    return render(request, "accounts/cookies.html", context, status=400 if request.method == "POST" else 200)


def allowed(request: HttpRequest) -> bool | None:
    """The answer about statistics of whoever asks; None when it was not given yet."""
    own = getattr(request.user, "analytics", None)
    return declared.answer_in(request.COOKIES) if own is None else own


def _back(request: HttpRequest) -> str:
    place = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(place, {request.get_host()}, require_https=settings.SECURE)
    return place if is_ours else "cookies"
