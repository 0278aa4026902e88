"""Activating and reactivating: what begins, and what it costs (§2, §5)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import main_user_only
from accounts.models import Account, ErasureRequest
from accounts.states import State
from accounts.views.life import check_step
from finance import subscription


@main_user_only
@require_http_methods(["GET", "POST"])
def activate(request: HttpRequest) -> HttpResponse:
    account = request.user.account
    if request.method == "POST":
        subscription.activate(account, actor=request.user, on=timezone.localdate())
        messages.success(request, _("Your account is active. Nothing will be erased as long as you use it."))
        return redirect("dashboard")
    check_step(account, State.ACTIVE, when=account.state in (State.TRIAL, State.LAPSED))
    words = {"title": _("Activate your account"), "button": _("Activate my account")}
    return render(request, "finance/resume.html", {**words, **_price(account)})


@main_user_only
@require_http_methods(["GET", "POST"])
def reactivate(request: HttpRequest) -> HttpResponse:
    account = request.user.account
    if request.method == "POST":
        subscription.reactivate(account, actor=request.user, on=timezone.localdate())
        messages.success(request, _("Welcome back. Your account is active again and nothing will be erased."))
        return redirect("dashboard")
    check_step(account, State.ACTIVE, when=account.state == State.CANCELLED)
    words = {"title": _("Reactivate your account"), "button": _("Reactivate my account")}
    return render(request, "finance/resume.html", {**words, **_price(account)})


def _price(account: Account) -> dict[str, Any]:
    """What is charged at once, or until when has been paid already."""
    paid_until = subscription.charged_until(account, on=timezone.localdate())
    asked = ErasureRequest.objects.open().filter(account=account).exists()
    return {
        "open_request": asked,
        "paid_until": paid_until,
        "price": settings.SUBSCRIPTION_PRICE,
        "months": settings.SUBSCRIPTION_MONTHS,
    }
