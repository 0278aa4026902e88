"""Pages of relations and employees: one set for both, told which by ``kind``."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import View, fresh, holder_only, main_user_only
from accounts.services import check_not_going, check_writable
from cannonworks.errors import Changed, Refused
from cannonworks.forms import live_answer
from cannonworks.listing import listing, search_address, searched
from relations import finding, services
from relations.forms import ChoiceForm, PersonForm
from relations.kinds import EMPLOYEES, Kind
from relations.models import Person


def account_only(view: View) -> View:
    """Show the page to users of an account that is not being erased."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        check_not_going(request.user.account)
        return view(request, *args, **kwargs)

    return holder_only(checked)


@account_only
@require_http_methods(["GET", "POST"])
def people(request: HttpRequest, kind: Kind) -> HttpResponse:
    """The list, and a search in it."""
    if request.method == "POST":
        posted = ChoiceForm(request.POST, with_kind=kind.has_kinds)
        posted.is_valid()
        return redirect(search_address(request, posted.cleaned_data))
    given = request.GET.dict() | {"search": searched(request)}
    form = ChoiceForm(given, with_kind=kind.has_kinds)
    choice = form.choice()
    page = listing(request, finding.people(kind.model, request.user, choice), finding.ORDERS)
    context = {"kind": kind, "form": form, "page": page, "choice": choice, "is_chosen": choice != finding.Choice()}
    if not request.htmx:
        return render(request, "relations/people.html", context)
    response = render(request, "relations/_people.html", context)
    response.headers["HX-Replace-Url"] = request.get_full_path()
    return response


@account_only
@require_GET
def person(request: HttpRequest, reference: UUID, kind: Kind) -> HttpResponse:
    return _shown(request, kind, _found(request, reference, kind))


@account_only
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, kind: Kind) -> HttpResponse:
    account = request.user.account
    check_writable(account)
    form = kind.form(request.POST or None)
    if answer := live_answer(request, form):
        return answer
    if made := _saved(form, lambda: kind.add(account, actor=request.user, **form.fields_changed())):
        messages.success(request, kind.added % {"name": made})
        return redirect(kind.name, made.reference)
    return render(request, "relations/form.html", {"kind": kind, "form": form})


@account_only
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, reference: UUID, kind: Kind) -> HttpResponse:
    found = _found(request, reference, kind)
    _check_open(found)
    name, form = str(found), kind.form(request.POST or None, instance=found)
    if answer := live_answer(request, form):
        return answer
    if _saved(form, lambda: _changed(request, kind, form)):
        messages.success(request, _("The changes are saved."))
        return redirect(kind.name, reference)
    return render(request, "relations/form.html", {"kind": kind, "form": form, "person": found, "name": name})


@account_only
@require_http_methods(["GET", "POST"])
def erase(request: HttpRequest, reference: UUID, kind: Kind) -> HttpResponse:
    """Asks, and says what goes; who is restricted is not erased."""
    found = _found(request, reference, kind)
    _check_open(found)
    if request.method == "POST":
        kind.remove(found, actor=request.user)
        messages.success(request, _("%(name)s is erased.") % {"name": found})
        return redirect(f"{kind.name}s")
    return render(request, "relations/erase.html", {"kind": kind, "person": found})


@account_only
@require_http_methods(["GET", "POST"])
def restrict(request: HttpRequest, reference: UUID, kind: Kind) -> HttpResponse:
    """Restrict, or lift the restriction: whichever there is to do."""
    found = _found(request, reference, kind)
    if request.method == "POST":
        lifts = request.POST.get("do") == "lift"
        step = services.lift_restriction if lifts else services.restrict_person
        step(found, actor=request.user, on=timezone.localdate())
        words = _("%(name)s is not restricted any more.") if lifts else _("%(name)s is restricted.")
        messages.success(request, words % {"name": found})
        return redirect(kind.name, reference)
    return render(request, "relations/restrict.html", {"kind": kind, "person": found})


@account_only
@main_user_only
@require_POST
@fresh
def bsn(request: HttpRequest, reference: UUID) -> HttpResponse:
    """The page of an employee with the citizen service number on it, this once (§19)."""
    found = _found(request, reference, EMPLOYEES)
    try:
        number = services.reveal_bsn(found, actor=request.user)
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect("employee", reference)
    return _shown(request, EMPLOYEES, found, bsn=number)


def _found(request: HttpRequest, reference: UUID, kind: Kind) -> Person:
    rows = kind.model._default_manager.visible_to(request.user)  # type: ignore[attr-defined]
    return get_object_or_404(rows.select_related("account"), reference=reference)


def _shown(request: HttpRequest, kind: Kind, found: Person, bsn: str = "") -> HttpResponse:
    response = render(request, "relations/person.html", {"kind": kind, "person": found, "bsn": bsn})
    response.headers["Cache-Control"] = "no-store"
    return response


def _check_open(found: Person) -> None:
    """Refuse the page of what the service would refuse; it checks again."""
    check_writable(found.account)
    services.check_not_restricted(found)


def _changed(request: HttpRequest, kind: Kind, form: PersonForm) -> Person:
    revision = form.cleaned_data["revision"]
    return kind.change(form.instance, actor=request.user, revision=revision, **form.fields_changed())


def _saved(form: PersonForm, save: Callable[[], Person]) -> Person | None:
    """The row as saved; None, with the form saying why, where it is not. What was typed stays."""
    if not form.is_valid():
        return None
    try:
        return save()
    except Changed as changed:
        form.show_theirs(changed)
    except Refused as refused:
        form.add_error(None, refused.message)
    except ValidationError as error:
        form.add_error(None, error)
    return None
