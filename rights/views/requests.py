"""Requests of data subjects, for the account that they are about (§15)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cannonworks.deadlines import explain
from cannonworks.errors import Refused
from cannonworks.listing import Order, listing
from cannonworks.pages import open_place, seal_place
from relations.models import PEOPLE
from relations.views import account_only
from rights import fulfilling
from rights.clock import left_for_holder
from rights.forms.requests import ChooseForm, FinishForm, SearchForm
from rights.models import Outcome, SubjectRequest
from rights.wishes import WORDS, title_of

ORDERS = (Order("newest", _("Newest first"), ("-id",)),)
#: More than this wait for nobody; what ends first is shown.
MOST = 100
DONE = {
    Outcome.FULFILLED: _("The request is done. Who asked is told that you handled it."),
    Outcome.NOT_HERE: _("The request is handled. Who asked is told that you handled it, and not what you found."),
    Outcome.DECLINED: _("The request is handled. Tell who asked yourself why you did not do it."),
}

#: While staff check it, which goes on.
IN_CHECK = _("Your answer is noted. Our staff look at it in their check; who asked hears what comes of that.")


@account_only
@require_GET
def requests(request: HttpRequest) -> HttpResponse:
    """All of the account: what waits, what ends first at the top, and what was handled."""
    on = timezone.localdate()
    rows = SubjectRequest.objects.visible_to(request.user)
    waiting = [(row, title_of(row), left_for_holder(row, on=on)) for row in rows.waiting_for_holder()[:MOST]]
    page = listing(request, rows.handled(), ORDERS)
    handled = [(row, title_of(row)) for row in page.rows]
    return render(request, "rights/requests.html", {"waiting": waiting, "page": page, "handled": handled})


@account_only
@require_http_methods(["GET", "POST"])
def request_page(request: HttpRequest, reference: UUID) -> HttpResponse:
    """One of them, step by step. A search is posted, and stands sealed in the address that it leads to."""
    if request.method == "GET":
        return _shown(request, _found(request, reference))
    form = SearchForm(request.POST)
    words = form.cleaned_data["search"] if form.is_valid() else ""
    query = {"search": seal_place([words], _whose(request))} if words else {"again": ""}
    return redirect(f"{request.path}?{urlencode(query)}#who")


@account_only
@require_POST
def choose(request: HttpRequest, reference: UUID) -> HttpResponse:
    """Say who it is."""
    found, form = _found(request, reference), ChooseForm(request.POST)
    if form.is_valid():
        model = PEOPLE[form.cleaned_data["kind"]]
        rows = model._default_manager.visible_to(request.user)  # type: ignore[attr-defined]
        person = get_object_or_404(rows, reference=form.cleaned_data["person"])
        try:
            fulfilling.choose(found, person=person, actor=request.user)
        except Refused as refused:
            messages.error(request, refused.message)
    return redirect("request", reference)


@account_only
@require_POST
def finish(request: HttpRequest, reference: UUID) -> HttpResponse:
    """Mark it done; what is missing stands above what was typed."""
    found, outcome = _found(request, reference), request.POST.get("outcome", "")
    form = FinishForm(request.POST, outcome=outcome if outcome in fulfilling.OUTCOMES else Outcome.FULFILLED)
    if not form.is_valid():
        return _shown(request, found, form)
    try:
        fulfilling.finish(found, actor=request.user, at=timezone.now(), **form.cleaned_data)
    except Refused as refused:
        form.add_error("note" if refused.code == "say_why" else None, refused.message)
        return _shown(request, _found(request, reference), form)
    messages.success(request, IN_CHECK if found.is_under_check else DONE[outcome])
    return redirect("request", reference)


def _found(request: HttpRequest, reference: UUID) -> SubjectRequest:
    rows = SubjectRequest.objects.visible_to(request.user).select_related("account")
    return get_object_or_404(rows, reference=reference)


def _shown(request: HttpRequest, found: SubjectRequest, sent: FinishForm | None = None) -> HttpResponse:
    """The page of a request; who may be meant is looked for until somebody is chosen, and when asked again."""
    context: dict[str, Any] = {"found": found, "title": title_of(found), "words": WORDS[found.wish], "sent": sent}
    context["clock"] = left_for_holder(found, on=timezone.localdate())
    context["deadline"] = found.deadline and explain(found.deadline)
    if found.waits_for_holder:
        search = _opened(request)
        person, is_looking = fulfilling.person_of(found), bool(search) or "again" in request.GET or not found.person
        forms = {outcome: FinishForm(outcome=outcome) for outcome in fulfilling.OUTCOMES}
        context |= forms if sent is None else forms | {sent["outcome"].value(): sent}
        context |= {
            "person": person,
            "page": f"{found.person_kind}-{WORDS[found.wish].page}",
            "missing": fulfilling.still_to_do(found),
            "search": SearchForm(initial={"search": search}),
            "is_looking": is_looking,
            "candidates": fulfilling.candidates(found, user=request.user, search=search) if is_looking else [],
            "words_looked_for": search,
        }
    response = render(request, "rights/request.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


def _opened(request: HttpRequest) -> str:
    try:
        return str(open_place(request.GET.get("search", ""), _whose(request))[0])
    except ValueError:
        return ""


def _whose(request: HttpRequest) -> str:
    return f"{request.path} {request.user.pk} search"
