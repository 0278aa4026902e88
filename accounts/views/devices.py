from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import tokens
from accounts.access import holder_only
from accounts.forms import DeviceForm
from accounts.models import DeviceToken


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
