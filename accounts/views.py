from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.i18n import set_language

from accounts import looks as looking
from accounts import services
from accounts.access import home, main_user_only
from accounts.forms import GONE, CancelForm, PeriodForm, SignInForm
from accounts.models import Account, User
from accounts.states import TRANSITIONS, State
from cannonworks import rules
from cannonworks.errors import Refused


@method_decorator(login_not_required, name="dispatch")
class SignIn(LoginView):
    """Sign in; staff go on to their own pages, holders to the page they wanted, in the language they chose."""

    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: SignInForm) -> HttpResponse:
        try:
            with transaction.atomic():  # the fence: an erasure may have been claimed a moment ago
                response = super().form_valid(form)
        except IntegrityError:
            logout(self.request)  # the session that was rolled back lives on in memory
            form.add_error(None, GONE)
            return self.form_invalid(form)
        return _in_language(response, form.get_user().language)

    def get_default_redirect_url(self) -> str:
        return reverse(home(self.request.user))


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
        at_once = form.cleaned_data["erase_immediately"]
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


def _check_step(account: Account, to: State, *, when: bool = True) -> None:
    """Refuse the page of a step that the account cannot take; the service refuses the step itself."""
    if not when or to not in TRANSITIONS[State(account.state)]:
        raise Refused(
            "no_such_step",
            _("The state of your account is “%(state)s”; this step does not go with it.")
            % {"state": State(account.state).label},
            clause="5",
        )


def _in_language(response: HttpResponse, language: str) -> HttpResponse:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
    )
    return response
