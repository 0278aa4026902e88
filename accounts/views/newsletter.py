from __future__ import annotations

from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts import newsletter as subscriptions
from accounts.access import View
from accounts.forms import AddressForm
from accounts.lockout import client_address
from accounts.security import as_visitor
from cannonworks.errors import Refused
from cannonworks.rates import is_too_often

#: Forms of one network address in an hour; many people may share one.
ASKS_AN_HOUR = 20


def _within_limits(view: View) -> View:
    """Show the page again, with what was typed, to whoever posts it all the time."""

    @wraps(view)
    def counted(request: HttpRequest) -> HttpResponse:
        form = AddressForm(request.POST or None)
        is_post, address = request.method == "POST", client_address(request)
        if is_post and is_too_often("newsletter", address, most=ASKS_AN_HOUR, seconds=3600):
            form.add_error(None, _("That is too often. Wait a few minutes and try again."))
            return render(request, "accounts/newsletter_ask.html", {"form": form}, status=429)
        return view(request, form)

    return counted


@login_not_required
@require_http_methods(["GET", "POST"])
def newsletter(request: HttpRequest) -> HttpResponse:
    """A user of an account subscribes and unsubscribes here; everybody else by a mail to their address."""
    if request.user.is_authenticated and request.user.account_id is not None:
        return _own(request)
    return _of_a_visitor(request)


def _own(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        wanted = request.POST.get("wanted") == "yes"
        subscriptions.set_subscription(request.user, wanted=wanted, at=timezone.now(), chosen=True)
        messages.success(request, _("You get our newsletter.") if wanted else _("You get no newsletter any more."))
        return redirect("newsletter")
    return render(request, "accounts/newsletter.html", {"subscription": subscriptions.subscription_of(request.user)})


@_within_limits
def _of_a_visitor(request: HttpRequest, form: AddressForm) -> HttpResponse:
    """The same answer whether or not the address is known; nothing is stored before its owner answers the mail."""
    asked = form.is_valid()
    if asked:
        subscriptions.ask(form.cleaned_data["email"], language=get_language() or "nl", at=timezone.now())
    context = {"form": form, "asked": form.cleaned_data["email"] if asked else ""}
    return render(request, "accounts/newsletter_ask.html", context)


@login_not_required
@as_visitor
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """What the link in a mail leads to: programs that only look at links change nothing."""
    at, done, found = timezone.now(), "", None
    wanted = request.POST.get("wanted") == "yes"
    try:
        if request.method == "POST":
            subscriptions.confirm(token, wanted=wanted, at=at)
            done = "wanted" if wanted else "stopped"
        found = subscriptions.opened(token, at=at)
    except Refused:
        pass  # the page says so
    context = {"address": found[0] if found else "", "done": done}
    return TemplateResponse(request, "accounts/newsletter_confirm.html", context)


@csrf_exempt  # RFC 8058: the mail program posts, without a session; the sealed link is all it has and all it needs
@login_not_required
@as_visitor
@require_http_methods(["GET", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Unsubscribe with one click: by POST; looking changes nothing."""
    works = subscriptions.can_stop(token)
    done = works and request.method == "POST"
    if done:
        subscriptions.stop(token, at=timezone.now())
    return TemplateResponse(request, "accounts/newsletter_stop.html", {"works": works, "done": done})
