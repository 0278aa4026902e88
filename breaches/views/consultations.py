"""To confer about a breach: take a moment, ask for another, need none; and the minutes (§13)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import fresh, holder_only, main_user_only
from breaches import conferring, meetings, reading, words
from breaches.conferring_forms import AskForm, PermissionForm
from breaches.models import Breach, Consultation, Meeting
from cannonworks.downloads import file_response
from cannonworks.errors import Refused


@holder_only
@require_GET
def consultation(request: HttpRequest, reference: UUID) -> HttpResponse:
    """Where it stands: moments to choose from, what was agreed on, and the minutes afterwards."""
    return _page(request, _found(request, reference), AskForm())


@holder_only
@require_POST
def choose(request: HttpRequest, reference: UUID) -> HttpResponse:
    """Take the moment that was posted."""
    meeting = get_object_or_404(Meeting.objects.all(), reference=_reference(request.POST.get("meeting", "")))
    return _done(
        request, reference, partial(conferring.choose, meeting=meeting),
        _("Agreed. You get a mail with the moment for your calendar."),
    )  # fmt: skip


@holder_only
@require_POST
def ask(request: HttpRequest, reference: UUID) -> HttpResponse:
    """Ask for another moment; what does not fit is said, and what was typed stays."""
    found, form = _found(request, reference), AskForm(request.POST)
    if form.is_valid():
        try:
            conferring.ask_for(found, actor=request.user, at=timezone.now(), **form.cleaned_data)
        except Refused as refused:
            form.add_error("starts_at" if refused.code == "in_the_past" else None, refused.message)
        else:
            messages.success(request, _("We have your proposal. As soon as we agree, you get a mail."))
            return redirect("consultation", reference)
    return _page(request, found, form)


@main_user_only
@require_POST
def waive(request: HttpRequest, reference: UUID) -> HttpResponse:
    words = _("Noted: you need no consultation. You can still choose a moment.")
    return _done(request, reference, conferring.waive, words)


@main_user_only
@require_POST
def sign_off(request: HttpRequest, reference: UUID) -> HttpResponse:
    return _done(request, reference, conferring.sign_off, _("You signed off the minutes."))


@holder_only
@require_GET
def appointment(request: HttpRequest, reference: UUID) -> HttpResponse:
    """The agreed moment as a file for a calendar."""
    found = _found(request, reference)
    if found.meeting is None:
        raise Http404
    address = request.build_absolute_uri(reverse("consultation", args=[reference]))
    title = _("CannonWorks: consultation about a breach")
    return file_response(meetings.file_of(found.meeting, title=title, text=address), "cannonworks.ics")


@main_user_only
@fresh
def permission(request: HttpRequest, reference: UUID) -> HttpResponse:
    """Whom we may tell of a breach beside the account: nobody, unless the main user says so here."""
    breach = get_object_or_404(reading.breaches_of(request.user.account), reference=reference)
    stands = words.others(request.user.account, breach).permission
    initial = {"to_subjects": stands.to_subjects, "to_others": stands.to_others} if stands else None
    form = PermissionForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        words.give_permission(request.user.account, breach, actor=request.user, at=timezone.now(), **said)
        messages.success(request, _("Your permission is recorded. You can take it back at any time."))
        return redirect("breach", reference)
    return render(request, "breaches/permission.html", {"breach": breach, "form": form, "stands": stands})


@main_user_only
@require_POST
def withdraw_permission(request: HttpRequest, reference: UUID) -> HttpResponse:
    breach = get_object_or_404(Breach.objects.all(), reference=reference)
    words.withdraw_permission(request.user.account, breach, actor=request.user, at=timezone.now())
    messages.success(request, _("Taken back: from now on we tell nobody but you."))
    return redirect("breach", reference)


def _done(request: HttpRequest, reference: UUID, step: Callable[..., Consultation], words: str) -> HttpResponse:
    """Take a step, say that it is done or why it cannot be, and show the page again."""
    try:
        step(_found(request, reference), actor=request.user, at=timezone.now())
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, words)
    return redirect("consultation", reference)


def _page(request: HttpRequest, found: Consultation, form: AskForm) -> HttpResponse:
    context = {"shown": meetings.shown(found, user=request.user, at=timezone.now()), "form": form}
    return render(request, "breaches/consultation.html", context)


def _found(request: HttpRequest, reference: UUID) -> Consultation:
    rows = Consultation.objects.visible_to(request.user).select_related("meeting", "report")
    return get_object_or_404(rows, reference=reference)


def _reference(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
