from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import fresh, holder_only
from cannonworks.errors import Refused
from processors import disclosing
from processors.models import Disclosure

#: The newest of them; there are few.
MOST = 50


@holder_only
@require_safe
def disclosures(request: HttpRequest) -> HttpResponse:
    """Who asked us for data of this account, and what came of it; the database leaves out what may not be known yet."""
    rows = Disclosure.objects.filter(account_reference=request.user.account.reference).order_by("-received_at")[:MOST]
    return render(request, "processors/disclosures.html", {"rows": rows})


@fresh
@holder_only
@require_http_methods(["GET", "HEAD", "POST"])
def disclosure(request: HttpRequest, reference: UUID) -> HttpResponse:
    """One of them; the main user consents or refuses here, after a fresh proof (§8)."""
    own = Disclosure.objects.filter(account_reference=request.user.account.reference)
    row, at, error = get_object_or_404(own, reference=reference), timezone.now(), ""
    if request.method == "POST":
        try:
            disclosing.answer(row, actor=request.user, consent=request.POST.get("consent", ""), at=at)
        except Refused as refused:
            error = refused.message
        else:
            messages.success(request, _("Your answer is noted."))
            return redirect("disclosure", reference)
    known = disclosing.known_fields()
    context = {
        "row": row, "error": error, "fields": [known.get(name, name) for name in row.given_fields],
        "waits": disclosing.waits_for_answer(row, at=at),
    }  # fmt: skip
    return render(request, "processors/disclosure.html", context, status=409 if error else 200)
