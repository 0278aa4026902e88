from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import fresh, home, needs_second_factor
from cannonworks.errors import Refused
from processors import confidentiality, promised
from processors.models import Statement


@fresh
@require_http_methods(["GET", "HEAD", "POST"])
def confidentiality_page(request: HttpRequest) -> HttpResponse:
    """Staff and helpers read what they promise, and sign it after proving who they are (§8)."""
    if not needs_second_factor(request.user):
        return redirect(home(request.user))
    at, error = timezone.now(), ""
    if request.method == "POST":
        try:
            confidentiality.sign_here(request.user, digest=request.POST.get("digest", ""), at=at)
        except Refused as refused:
            error = refused.message
        else:
            messages.success(request, _("You have signed. Thank you."))
            return redirect(home(request.user))
    wording = promised.current()
    mine = Statement.objects.in_force(timezone.localdate(at)).filter(user=request.user.pk)
    signed = mine.only("user", "signed_on", "digest", "ended_on").order_by("-signed_on").first()
    context = {
        "wording": wording, "words": wording.said(get_language()), "signed": signed, "error": error,
        "again": signed is not None and signed.digest in promised.earlier(),
    }  # fmt: skip
    return render(request, "processors/confidentiality.html", context, status=409 if error else 200)
