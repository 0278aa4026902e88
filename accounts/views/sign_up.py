from __future__ import annotations

from datetime import date, timedelta

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_http_methods

from accounts import signing_up
from accounts.access import home
from accounts.joining_forms import AskForm, CompanyForm, SignUpForm
from accounts.language import keep_language, speak
from accounts.models import Company, User
from accounts.pace import may_ask
from cannonworks.errors import Refused
from cannonworks.forms import live_answer


@login_not_required
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The first step: a mail with the link. The answer is the same whether or not we know the address."""
    if request.user.is_authenticated:
        return redirect(home(request.user))
    form = AskForm(request.POST or None)
    if not form.is_valid():
        return render(request, "accounts/sign_up.html", {"form": form, "days": settings.TRIAL_DAYS})
    email, language = form.cleaned_data["email"], form.cleaned_data["language"]
    if not may_ask(request, email):
        return ratelimit.respond_429(request)
    signing_up.ask(email, language=language, at=timezone.now())
    translation.activate(language)
    return keep_language(render(request, "accounts/sign_up_sent.html", {"email": email}), language)


@login_not_required
@require_http_methods(["GET", "POST"])
def finish(request: HttpRequest, key: str) -> HttpResponse:
    """The second step, by the link in the mail: the company, the main user, and in at once."""
    if request.user.is_authenticated:
        return render(request, "accounts/signed_in_already.html")
    try:
        link = signing_up.unseal(key, at=timezone.now())
    except Refused as refused:
        return render(request, "accounts/link_over.html", {"refused": refused})
    speak(request, link.language)
    if signing_up.is_known(link.email):
        return render(request, "accounts/link_used.html")
    return _open(request, link)


def _open(request: HttpRequest, link: signing_up.Link) -> HttpResponse:
    company = CompanyForm(request.POST or None, instance=Company(), initial={"email": link.email})
    person = SignUpForm(request.POST or None, instance=User(email=link.email))
    if (answer := live_answer(request, company)) is not None:
        return answer
    if not (company.is_valid() & person.is_valid()):
        if person.is_bound:
            person.ask_again()
        context = {"company_form": company, "form": person, "link": link, "days": settings.TRIAL_DAYS}
        return render(request, "accounts/sign_up_finish.html", context)
    try:
        account = signing_up.finish(
            link, company=values(company), person=values(person) | {"language": translation.get_language()},
            newsletter=person.cleaned_data["newsletter"], at=timezone.now(), on=timezone.localdate(),
        )  # fmt: skip
    except Refused:  # another tab was first
        return render(request, "accounts/link_used.html")
    return sign_in(request, User.objects.with_password().get(account=account), welcome=_welcome(account.trial_ends_on))


def values(form: CompanyForm | SignUpForm) -> dict:
    """What a form says of its model, and a password; the rest is no field of it."""
    names = {*form._meta.fields, "password"}
    return {name: value for name, value in form.cleaned_data.items() if name in names}


def sign_in(request: HttpRequest, user: User, *, welcome: str) -> HttpResponse:
    """Sign in who just chose a password and proved the address by a link, as the sign-in page does."""
    record_authentication(request, user, method="password", email=user.email)
    response = perform_login(request, Login(user=user))
    messages.success(request, welcome)
    return response


def _welcome(ends_on: date) -> str:
    last_day = ends_on - timedelta(days=1)
    return mark_safe(render_to_string("accounts/_welcome.html", {"last_day": last_day}))  # noqa: S308  a page of ours
