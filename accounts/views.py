from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.i18n import set_language

from accounts import looks as looking
from accounts import services, tokens
from accounts.access import holder_only, main_user_only, require_fresh
from accounts.forms import CancelForm, DeviceForm, PeriodForm
from accounts.models import Account, DeviceToken, User
from accounts.states import TRANSITIONS, State
from cannonworks import rules
from cannonworks.errors import Refused


@login_not_required
@require_POST
def switch_language(request: HttpRequest) -> HttpResponse:
    """Show pages in the chosen language, and remember it for the mails of whoever is signed in."""
    language = request.POST.get("language")
    reads_only = not request.user.is_authenticated or request.user.is_helper  # whom no mail is sent either
    if language in dict(settings.LANGUAGES) and not reads_only:
        going = {"account__claimed_at__isnull": False}  # the fence refuses any write there
        User.objects.filter(pk=request.user.pk).exclude(**going).update(language=language)
    return set_language(request)


@main_user_only
@require_http_methods(["GET", "POST"])
def activate(request: HttpRequest) -> HttpResponse:
    account = request.user.account
    if request.method == "POST":
        services.activate_account(account, actor=request.user, on=timezone.localdate())
        messages.success(request, _("Your account is active. Nothing will be erased as long as you use it."))
        return redirect("dashboard")
    _check_step(account, State.ACTIVE, when=account.state in (State.TRIAL, State.LAPSED))
    words = {"title": _("Activate your account"), "button": _("Activate my account")}
    return render(request, "accounts/resume.html", words)


@main_user_only
@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest) -> HttpResponse:
    account, on = request.user.account, timezone.localdate()
    _check_step(account, State.CANCELLED)
    form = CancelForm(request.POST or None, account=account)
    if form.is_valid():
        if at_once := form.cleaned_data["erase_immediately"]:
            require_fresh(request)
        services.cancel_account(account, actor=request.user, on=on, erase_immediately=at_once)
        messages.success(request, _("Your account is cancelled."))
        return redirect("erasure" if at_once else "dashboard")
    window = rules.rule_for(State.CANCELLED, {}).window({"cancelled_on": on})
    return render(request, "accounts/cancel.html", {"form": form, "on": on, "window": window})


@main_user_only
@require_http_methods(["GET", "POST"])
def reactivate(request: HttpRequest) -> HttpResponse:
    account = request.user.account
    if request.method == "POST":
        services.reactivate_account(account, actor=request.user, on=timezone.localdate())
        messages.success(request, _("Welcome back. Your account is active again and nothing will be erased."))
        return redirect("dashboard")
    _check_step(account, State.ACTIVE, when=account.state == State.CANCELLED)
    words = {"title": _("Reactivate your account"), "button": _("Reactivate my account")}
    return render(request, "accounts/resume.html", words)


@main_user_only
@require_GET
def looks(request: HttpRequest) -> HttpResponse:
    """Who looked at the account's data, when and why."""
    form = PeriodForm(request.GET)
    form.is_valid()
    period = {} if form.errors else form.cleaned_data
    found = looking.looks(request.user.account, **period)
    context = {"form": form, "looks": found.rows, "after": found.after, "filtered": any(period.values())}
    return render(request, "accounts/looks.html", context)


@holder_only
@require_http_methods(["GET", "POST"])
def devices(request: HttpRequest) -> HttpResponse:
    """The user's own devices; a new one gets its token here, which is shown this once and kept nowhere."""
    form, token, at = DeviceForm(request.POST or None), "", timezone.now()
    if form.is_valid():
        _row, token = tokens.make_token(request.user, name=form.cleaned_data["name"], at=at)
        form = DeviceForm()
    rows = [(row, row.expiry > at) for row in DeviceToken.objects.of(request.user)]
    response = render(request, "accounts/devices.html", {"form": form, "token": token, "devices": rows})
    response.headers["Cache-Control"] = "no-store"
    return response


@holder_only
@require_POST
def revoke_device(request: HttpRequest, reference: UUID) -> HttpResponse:
    row = get_object_or_404(DeviceToken.objects.of(request.user), reference=reference)
    tokens.revoke_token(row, actor=request.user)
    messages.success(request, _("“%(name)s” is not signed in any more.") % {"name": row.name})
    return redirect("devices")


@holder_only
@require_POST
def revoke_devices(request: HttpRequest) -> HttpResponse:
    tokens.revoke_tokens(request.user)
    messages.success(request, _("No device is signed in any more."))
    return redirect("devices")


def _check_step(account: Account, to: State, *, when: bool = True) -> None:
    """Refuse the page of a step that the account cannot take; the service refuses the step itself."""
    if not when or to not in TRANSITIONS[State(account.state)]:
        raise Refused(
            "no_such_step",
            _("The state of your account is “%(state)s”; this step does not go with it.")
            % {"state": State(account.state).label},
            clause="5",
        )
