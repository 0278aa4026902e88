"""Who may see a helper's page: helpers, and only inside the window of a running project (§10)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from processors.models import Helper


def inside_only(view: Callable[[HttpRequest, Helper], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Show the page to a helper whose window is open at this moment; the database holds him to it as well."""

    @wraps(view)
    def checked(request: HttpRequest) -> HttpResponse:
        if not request.user.is_helper:
            return redirect("dashboard")
        helper = Helper.objects.inside(timezone.now()).filter(user=request.user.pk).first()
        if helper is None:
            return render(request, "processors/outside.html", status=403)
        helper.user = request.user
        return view(request, helper)

    return checked
