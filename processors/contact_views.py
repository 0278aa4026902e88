"""The pages of the contact of a sub-processor: a link by mail, who has access, and that somebody left (§10)."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms import AddressForm
from accounts.lockout import client_address
from accounts.unseen import unseen
from cannonworks.errors import Refused
from cannonworks.rates import is_too_often
from processors import contact

#: Forms of one network address in an hour; many people may share one.
ASKS_AN_HOUR = 20
#: What the pages say of links.
LINK = {"hours": int(contact.LINK_LASTS.total_seconds() // 3600), "contact": settings.PRIVACY_CONTACT}


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The mailbox of a contact; the answer is the same whether it is one or not."""
    form, status = AddressForm(request.POST or None), 200
    if form.is_valid():
        if not is_too_often("access form", client_address(request), most=ASKS_AN_HOUR, seconds=3600):
            email = form.cleaned_data["email"]
            contact.ask(email, at=timezone.now())
            return render(request, "processors/access_sent.html", {"email": email, **LINK})
        form.add_error(None, _("That is too often. Wait a few minutes and try again."))
        status = 429
    return render(request, "processors/access_ask.html", {"form": form, **LINK}, status=status)


@unseen
@require_safe
def access(request: HttpRequest, token: str) -> HttpResponse:
    """Who of the sub-processor can look, could, or will."""
    at = timezone.now()
    try:
        house = contact.opened(token, at=at)
    except Refused:
        return render(request, "processors/access_over.html", LINK)
    shown = {"access": contact.access_of(house, at=at), "token": token, "days": contact.LOOKS_OF.days}
    return _with_form(render(request, "processors/access.html", shown))


@unseen
@require_http_methods(["GET", "HEAD", "POST"])
def left(request: HttpRequest, token: str, reference: UUID) -> HttpResponse:
    """Ask whether somebody has left, and on the answer end their access at once."""
    at = timezone.now()
    try:
        house = contact.opened(token, at=at)
        person = contact.person_of(house, reference, at=at)
        if request.method != "POST":
            shown = {"house": house, "person": person, "token": token}
            return _with_form(render(request, "processors/access_left.html", shown))
        contact.report_left(house, reference, at=at)
        messages.success(request, _("The access of %(name)s has ended.") % {"name": person.name})
    except Refused as refused:
        messages.error(request, refused.message)
    return redirect("helpers-access-page", token)


def _with_form(response: HttpResponse) -> HttpResponse:
    response.headers["Referrer-Policy"] = "same-origin"  # or the browser does not say that the form is ours
    return response
