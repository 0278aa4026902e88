"""Who may see a helper's page: helpers, and only inside the window of a running project (§10)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from processors.models import Helper


def inside_only(view: Callable[[HttpRequest, Helper], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Show the page to a helper whose window is open at this moment; the database holds him to it as well."""

    @wraps(view)
    def checked(request: HttpRequest) -> HttpResponse:
        if not request.user.is_helper:
            return redirect("dashboard")
        helper = Helper.objects.inside(timezone.now()).filter(user=request.user.pk).first()
        if helper is None:
            raise PermissionDenied(
                _(
                    "You have no access now. You can look only while a project runs that you are in, and after you"
                    " have signed the confidentiality statement. Ask CannonWorks when yours starts."
                )
            )
        helper.user = request.user
        return view(request, helper)

    return checked
