from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts import services
from accounts.access import holder_only, main_user_only, require_fresh
from accounts.forms import CancelForm
from accounts.models import Account
from accounts.standing import standing
from accounts.states import TRANSITIONS, State
from cannonworks import rules
from cannonworks.errors import Refused


@holder_only
@require_GET
def account(request: HttpRequest) -> HttpResponse:
    """In which state the account is, what that means, and what can be done now."""
    return render(request, "accounts/account.html", standing(request.user.account, on=timezone.localdate()))


@main_user_only
@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest) -> HttpResponse:
    account, on = request.user.account, timezone.localdate()
    check_step(account, State.CANCELLED)
    form = CancelForm(request.POST or None, account=account)
    if form.is_valid():
        if at_once := form.cleaned_data["erase_immediately"]:
            require_fresh(request)
        services.cancel_account(account, actor=request.user, on=on, erase_immediately=at_once)
        messages.success(request, _("Your account is cancelled."))
        return redirect("erasure" if at_once else "dashboard")
    window = rules.rule_for(State.CANCELLED, {}).window({"cancelled_on": on})
    return render(request, "accounts/cancel.html", {"form": form, "on": on, "window": window})


def check_step(account: Account, to: State, *, when: bool = True) -> None:
    """Refuse the page of a step that the account cannot take; the service refuses the step itself."""
    if not when or to not in TRANSITIONS[State(account.state)]:
        raise Refused(
            "no_such_step",
            _("The state of your account is “%(state)s”; this step does not go with it.")
            % {"state": State(account.state).label},
            clause="5",
        )
