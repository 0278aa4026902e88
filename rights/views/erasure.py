from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import services
from accounts.access import fresh, main_user_only
from accounts.context import is_going
from accounts.forms import CompanyNameForm
from accounts.models import ErasureRequest
from cannonworks.downloads import file_response
from rights.letters import letter_pdf
from rights.models import RegisteredLetter


@main_user_only
@require_http_methods(["GET", "POST"])
@fresh
def erasure(request: HttpRequest) -> HttpResponse:
    """Ask for erasure at once; with a request open: its code, its letter and how to take it back."""
    account, on = request.user.account, timezone.localdate()
    open_request = ErasureRequest.objects.open().filter(account=account).first()
    form = CompanyNameForm(request.POST or None, account=account)
    if form.is_valid():
        services.request_erasure(account, actor=request.user, on=on)
        messages.success(request, _("Your request is noted. Print the letter, sign it and send it by registered post."))
        return redirect("erasure")
    letter = RegisteredLetter.objects.filter(request=open_request).first() if open_request else None
    context = {"form": form, "open_request": open_request, "letter": letter, "on": on, "going": is_going(account)}
    return render(request, "rights/erasure.html", context)


@main_user_only
@require_GET
def letter(request: HttpRequest) -> HttpResponse:
    open_request = get_object_or_404(ErasureRequest.objects.open(), account=request.user.account)
    pdf = letter_pdf(open_request, on=timezone.localdate())
    return file_response(pdf, f"{open_request.code}.pdf", inline=True)


@main_user_only
@require_POST
def withdraw(request: HttpRequest) -> HttpResponse:
    services.withdraw_erasure(request.user.account, actor=request.user, on=timezone.localdate())
    messages.success(request, _("Your request for erasure is withdrawn."))
    return redirect("dashboard")
