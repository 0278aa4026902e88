from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts import looks as looking
from accounts.access import main_user_only
from accounts.forms import PeriodForm


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
