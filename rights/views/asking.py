"""The public pages of requests (§15): a question, a link by mail, the form behind it, and how the request stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import AddressForm
from accounts.language import speak
from accounts.lockout import client_address
from accounts.unseen import unseen
from cannonworks.errors import Refused, is_fence
from cannonworks.rates import is_too_often
from cannonworks.rules import age
from rights import asking
from rights.forms.asking import MEANING, RequestForm
from rights.links import Link
from rights.models import SubjectRequest, Wish
from rights.standing import standing_of

#: Forms of one network address in an hour; many people may share one.
ASKS_AN_HOUR = 20
#: How to reach us otherwise.
OURS = {"contact": settings.PRIVACY_CONTACT, "post": settings.CANNONWORKS_ADDRESS}
#: How long a request is kept once it is closed.
KEPT = age("rights.SubjectRequest").keep


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The first step: a mail with the link. The answer is the same whatever we know of the address."""
    form, status = AddressForm(request.POST or None), 200
    if form.is_valid():
        if not is_too_often("request form", client_address(request), most=ASKS_AN_HOUR, seconds=3600):
            email = form.cleaned_data["email"]
            asking.ask(email, language=get_language() or "nl", at=timezone.now())
            return render(request, "rights/link_sent.html", {"email": email, "most": asking.MAILS_A_DAY, **OURS})
        form.add_error(None, _("That is too often. Wait a few minutes and try again."))
        status = 429
    wishes = [(label, MEANING[value]) for value, label in Wish.choices]
    return render(request, "rights/your_rights.html", {"form": form, "wishes": wishes, **OURS}, status=status)


@unseen
@require_http_methods(["GET", "HEAD", "POST"])
def request(request: HttpRequest, token: str) -> HttpResponse:
    """The second step, by the link in the mail: the form; once it was sent, how the request stands."""
    at = timezone.now()
    try:
        link, theirs = asking.opened(token, at=at), asking.found(token)
    except Refused:
        return render(request, "rights/link_over.html", {"kept": KEPT})
    speak(request, link.language)
    if theirs is None:
        response = _form(request, link, token, at)
    elif request.method == "POST":
        return redirect("your-request", token)  # with this link a request was made already
    else:
        response = render(request, "rights/your_request.html", {"standing": standing_of(theirs, at=at), "token": token})
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def _form(request: HttpRequest, link: Link, token: str, at: datetime) -> HttpResponse:
    form = RequestForm(request.POST or None)
    if not form.is_valid():
        return render(request, "rights/request_form.html", {"form": form, "link": link, "kept": KEPT})
    asking.submit(link, **form.cleaned_data, language=get_language() or link.language, at=at)
    return redirect("your-request", token)


@unseen
@require_POST
def check(request: HttpRequest, token: str) -> HttpResponse:
    """Have us check whether the request was carried out."""
    return _step(request, token, asking.ask_for_check, _("We check it. You get a mail as soon as we know."))


@unseen
@require_POST
def withdraw(request: HttpRequest, token: str) -> HttpResponse:
    """Take the request back."""
    return _step(request, token, asking.take_back, _("You took your request back."))


def _step(request: HttpRequest, token: str, step: Callable[..., SubjectRequest], done: str) -> HttpResponse:
    try:
        theirs = asking.found(token)
        if theirs is None:
            return redirect("your-request", token)
        step(theirs, at=timezone.now())
        messages.success(request, done)
    except Refused as refused:
        messages.error(request, refused.message)
    except IntegrityError as error:  # its account is being erased this moment, and the request goes with it
        if not is_fence(error):
            raise
        messages.error(request, _("This request is being erased with the account that it is about."))
    return redirect("your-request", token)
