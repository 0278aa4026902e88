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
from relations import exporting, finding, leaving, services
from relations.asked import Asked, asked_of, check_open
from relations.forms import ChoiceForm, PersonForm
from relations.kinds import EMPLOYEES, Kind
from relations.leaving import Trace
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
        left_out = exporting.left_out(request.user.account, kind.plural)
        return render(request, "relations/people.html", {**context, "left_out": left_out})
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
    _check_open(found, "change")
    name, form = str(found), kind.form(request.POST or None, instance=found)
    if answer := live_answer(request, form):
        return answer
    if _saved(form, lambda: _changed(request, kind, form)):
        messages.success(request, _("The changes are saved."))
        return _after(asked_of(found), kind.name, reference)
    return render(request, "relations/form.html", {"kind": kind, "form": form, "person": found, "name": name})


@account_only
@require_http_methods(["GET", "POST"])
def erase(request: HttpRequest, reference: UUID, kind: Kind) -> HttpResponse:
    """Asks, and says what goes and what stays; who is restricted is not erased, nor whom a hold keeps."""
    found = _found(request, reference, kind)
    _check_open(found, "erase")
    if request.method == "POST":
        return _erased(request, kind, found)
    traces = leaving.traces_of(found)
    context = {
        "kind": kind, "person": found, "held": leaving.why_held(found, traces),
        "along": [each for each in traces if each.goes], "staying": [each for each in traces if not each.goes],
    }  # fmt: skip
    return render(request, "relations/erase.html", context)


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
        return _after(asked_of(found), kind.name, reference)
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
    asked, runs = asked_of(found), found.account.is_writable
    may = {f"may_{wish}": runs or any(each.wish == wish for each in asked) for wish in ("change", "erase")}
    context = {"kind": kind, "person": found, "bsn": bsn, "asked": asked}
    response = render(request, "relations/person.html", context | may)
    response.headers["Cache-Control"] = "no-store"
    return response


def _erased(request: HttpRequest, kind: Kind, found: Person) -> HttpResponse:
    """Erase somebody, and say what of them stays; or why it was refused."""
    reference, asked = found.reference, asked_of(found)
    try:
        traces: list[Trace] = kind.remove(found, actor=request.user)
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect(kind.name, reference)
    stays = [trace.words for trace in traces if not trace.goes]
    messages.success(request, " ".join([_("%(name)s is erased.") % {"name": found}, *stays]))
    return _after(asked, f"{kind.name}s")


def _check_open(found: Person, wish: str) -> None:
    """Refuse the page of what the service would refuse; it checks again."""
    check_open(found.account, found, wish)
    services.check_not_restricted(found)


def _after(asked: list[Asked], name: str, *arguments: UUID) -> HttpResponse:
    """Back to the request for which it was done, else to the page of this name."""
    return redirect(asked[0].address) if asked else redirect(name, *arguments)


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
