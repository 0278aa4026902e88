"""Tests by the account holder in a browser, and the page of the tester (§12)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import fresh, holder_only, is_fresh, main_user_only
from accounts.language import speak
from accounts.unseen import unseen
from audits import agreeing, announcing, closing, files, links, preserving, procedures, running
from audits.appointments import file_for
from audits.forms import AcceptForm, AnnounceForm, ProposeForm, ReportForm, TesterForm, WithdrawForm, say
from audits.models import Audit, FileKind
from audits.showing import shown
from audits.windows import notice_of
from cannonworks.deadlines import explain
from cannonworks.downloads import file_response
from cannonworks.errors import KeyUnavailable, Refused
from cannonworks.listing import Order, listing
from cannonworks.prose import html_of

Form = forms.Form


@holder_only
@require_GET
def audits(request: HttpRequest) -> HttpResponse:
    """Tests of the account, the newest first."""
    rows = Audit.objects.visible_to(request.user)
    page = listing(request, rows, ORDERS)
    return render(request, "audits/audits.html", {"page": page, "rows": page.rows})


ORDERS = (Order("new", "", ("-id",)),)


@main_user_only
@require_http_methods(["GET", "HEAD", "POST"])
def announce(request: HttpRequest) -> HttpResponse:
    """Announce a test; above the form from when it may begin, and how that is counted."""
    at, form = timezone.now(), AnnounceForm(request.POST or None, initial={"language": get_language()})
    if form.is_valid():
        said = {name: form.cleaned_data[name] for name in ("kind", "scope", "starts_at", "ends_at")}
        try:
            made = announcing.announce(request.user.account, actor=request.user, at=at, tester=form.tester(), **said)
        except Refused as refused:
            say(form, refused)
        else:
            messages.success(request, _("Your test is announced. We answer within five working days."))
            return redirect("audit", made.reference)
    notice = notice_of(at)
    context = {"form": form, "earliest_at": notice.due_at, "explained": explain(notice)}
    return render(request, "audits/announce.html", context)


@holder_only
@require_GET
def audit(request: HttpRequest, reference: UUID) -> HttpResponse:
    """How a test stands, what is to be done, and what was."""
    return _page(request, _found(request, reference))


@main_user_only
@require_POST
def accept(request: HttpRequest, reference: UUID) -> HttpResponse:
    return _done(request, reference, agreeing.accept, _("Agreed. You get a mail with the date for your calendar."))


@main_user_only
@require_POST
def propose(request: HttpRequest, reference: UUID) -> HttpResponse:
    """Propose another date; what does not fit is said, and what was typed stays."""
    return _filled(
        request,
        reference,
        "propose",
        ProposeForm(request.POST),
        agreeing.propose,
        _("We have your proposal, and answer."),
    )


@main_user_only
@require_POST
def withdraw(request: HttpRequest, reference: UUID) -> HttpResponse:
    return _filled(request, reference, "withdraw", WithdrawForm(request.POST), agreeing.withdraw, _("Withdrawn."))


@main_user_only
@require_POST
def stop(request: HttpRequest, reference: UUID) -> HttpResponse:
    """End a running test before its end."""
    words = _("Ended. Your tester has a mail to stop.")
    return _filled(request, reference, "stop", WithdrawForm(request.POST), running.stop, words)


@main_user_only
@require_POST
def report(request: HttpRequest, reference: UUID) -> HttpResponse:
    """Add the report of the tester."""
    form = ReportForm(request.POST, request.FILES)
    return _filled(request, reference, "report", form, closing.add_report, _("We have the report, sealed."))


@main_user_only
@require_POST
def costs(request: HttpRequest, reference: UUID) -> HttpResponse:
    """Agree to the costs that were on the page."""
    cents = request.POST.get("cents", "")
    step = partial(closing.agree_to_costs, cents=int(cents) if cents.isdecimal() and len(cents) < 16 else -1)
    return _done(request, reference, step, _("You agreed to the costs."))


@main_user_only
@require_http_methods(["GET", "HEAD", "POST"])
def tester(request: HttpRequest, reference: UUID) -> HttpResponse:
    """Name another tester."""
    found = _found(request, reference)
    form = TesterForm(request.POST or None, initial={"language": get_language()})
    if form.is_valid():
        try:
            announcing.name_tester(found, actor=request.user, at=timezone.now(), **form.tester())
        except Refused as refused:
            say(form, refused)
        else:
            messages.success(request, _("Somebody else tests now. The procedures have to be accepted once more."))
            return redirect("audit", reference)
    return render(request, "audits/tester.html", {"audit": found, "form": form})


# --- Files -----------------------------------------------------------------------------------------------------------


@holder_only
@require_GET
def appointment(request: HttpRequest, reference: UUID) -> HttpResponse:
    """The agreed date as a file for a calendar."""
    return _calendar(_found(request, reference), request.build_absolute_uri("."))


@holder_only
@require_GET
def letter(request: HttpRequest, reference: UUID) -> HttpResponse:
    return _file(request, _found(request, reference), FileKind.LETTER)


@main_user_only
@require_GET
def report_file(request: HttpRequest, reference: UUID) -> HttpResponse:
    return _file(request, _found(request, reference), FileKind.REPORT)


@main_user_only
@require_POST
@fresh
def prove(request: HttpRequest, reference: UUID) -> HttpResponse:
    """Nothing but the proof: the page that follows has the link to the logs."""
    return redirect("audit", _found(request, reference).reference)


@main_user_only
@require_GET
def logs(request: HttpRequest, reference: UUID) -> HttpResponse:
    """The system logs of the test, sealed up to now while it runs."""
    found = _found(request, reference)
    if not is_fresh(request):
        messages.warning(request, _("Show first that it is you; then you can download."))
        return redirect("audit", reference)
    try:
        row = preserving.take_logs(found, actor=request.user, at=timezone.now())
        return file_response(files.take(row, actor=request.user), row.name)
    except (Refused, KeyUnavailable) as error:
        messages.error(request, error.message if isinstance(error, Refused) else _damaged())
        return redirect("audit", reference)


def _damaged() -> str:
    return _("This file is not what was sealed, so you do not get it. Tell our helpdesk.")


# --- The tester ------------------------------------------------------------------------------------------------------


@unseen
@require_http_methods(["GET", "HEAD", "POST"])
def procedures_page(request: HttpRequest, token: str) -> HttpResponse:
    """The security procedures, for whoever has the link: read, and accept under a name. Looking changes nothing."""
    try:
        auditor = links.bearer_of(token)
    except Refused:
        return render(request, "audits/link_over.html")
    speak(request, auditor.language)
    text = procedures.in_force()
    form = AcceptForm(request.POST or None, initial={"digest": text.digest})
    if form.is_valid():
        try:
            said = {name: form.cleaned_data[name] for name in ("name", "digest")}
            procedures.accept_procedures(auditor, at=timezone.now(), **said)
            return redirect("tester", token)
        except Refused as refused:
            say(form, refused)
            form.data = {**form.data.dict(), "digest": text.digest}
    context = {"auditor": auditor, "audit": auditor.audit, "form": form, "token": token, "version": text.version}
    response = render(request, "audits/procedures.html", context | {"text": html_of(text.text(get_language() or "nl"))})
    response.headers["Referrer-Policy"] = "same-origin"
    return response


@unseen
@require_GET
def tester_appointment(request: HttpRequest, token: str) -> HttpResponse:
    """The agreed date for the tester's calendar."""
    try:
        auditor = links.bearer_of(token)
    except Refused:
        raise Http404 from None
    return _calendar(auditor.audit, "")


# --- Inside ----------------------------------------------------------------------------------------------------------


def _found(request: HttpRequest, reference: UUID) -> Audit:
    rows = Audit.objects.visible_to(request.user).select_related("account").prefetch_related("auditors")
    return get_object_or_404(rows, reference=reference)


def _calendar(found: Audit, address: str) -> HttpResponse:
    if found.agreed_at is None:
        raise Http404
    return file_response(file_for(found, address=address), "cannonworks-test.ics")


def _file(request: HttpRequest, found: Audit, kind: FileKind) -> HttpResponse:
    row = files.latest(found, kind)
    if row is None:
        raise Http404
    try:
        return file_response(files.take(row, actor=request.user), row.name)
    except KeyUnavailable:
        messages.error(request, _damaged())
        return redirect("audit", found.reference)


def _done(request: HttpRequest, reference: UUID, step: Callable[..., object], words: str) -> HttpResponse:
    """Take a step, say that it is done or why it cannot be, and show the page again."""
    try:
        step(_found(request, reference), actor=request.user, at=timezone.now())
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, words)
    return redirect("audit", reference)


def _filled(
    request: HttpRequest, reference: UUID, name: str, form: Any, step: Callable[..., object], words: str
) -> HttpResponse:
    """The same with what was filled in; what does not fit is said, and what was typed stays."""
    found = _found(request, reference)
    if form.is_valid():
        try:
            step(found, actor=request.user, at=timezone.now(), **form.cleaned_data)
        except Refused as refused:
            say(form, refused)
        else:
            messages.success(request, words)
            return redirect("audit", reference)
    return _page(request, found, **{name: form})


def _page(request: HttpRequest, found: Audit, **bound: Form) -> HttpResponse:
    told = shown(found, user=request.user, at=timezone.now())
    blank = {"propose": ProposeForm(), "withdraw": WithdrawForm(), "stop": WithdrawForm(), "report": ReportForm()}
    context = {"shown": told, "audit": found, "is_fresh": is_fresh(request), **blank, **bound}
    return render(request, "audits/audit.html", context)
