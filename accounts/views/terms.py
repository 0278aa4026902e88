"""The terms: public in all versions with their differences, and shown to users until acknowledged (§21)."""

from __future__ import annotations

from datetime import date, datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import terms as services
from accounts.access import holder_only
from accounts.context import TERMS_KEY
from accounts.models import TermsVersion
from cannonworks.prose import contents, differences, html_of


@login_not_required
@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """The terms in force, for everybody."""
    on = timezone.localdate()
    return _whole(request, services.in_force(on), on)


@login_not_required
@require_safe
def version(request: HttpRequest, number: int) -> HttpResponse:
    """One version, in force or not."""
    return _whole(request, get_object_or_404(TermsVersion.objects.published(), number=number), timezone.localdate())


@login_not_required
@require_safe
def compared(request: HttpRequest, one: int, other: int) -> HttpResponse:
    """What is different between two versions, word by word; the older one first."""
    if one >= other:
        return redirect("terms-compared", other, one) if one > other else redirect("terms-version", one)
    old, new = (get_object_or_404(TermsVersion.objects.published(), number=number) for number in (one, other))
    context = {"old": old, "version": new, "sections": differences(old.text, new.text), "summary": html_of(new.summary)}
    return render(request, "accounts/terms/compared.html", context)


@holder_only
@require_http_methods(["GET", "HEAD", "POST"])
def changes(request: HttpRequest) -> HttpResponse:
    """What changed since the terms that the user knows; the button says that it was read, and ends the telling."""
    at = timezone.now()
    if request.method == "POST":
        return _acknowledged(request, at)
    news = services.news(request.user, timezone.localdate(at))
    if news:
        services.see(news.version, request.user, at)
    summaries = [(each, html_of(each.summary)) for each in news.versions] if news else []
    return render(request, "accounts/terms/changes.html", {"news": news, "summaries": summaries})


def _acknowledged(request: HttpRequest, at: datetime) -> HttpResponse:
    number = request.POST.get("version", "")  # what was on the screen: meanwhile there may be a newer one
    shown = get_object_or_404(TermsVersion.objects.published(), number=number if number.isdecimal() else None)
    services.acknowledge(shown, request.user, at)
    newer = services.to_acknowledge(request.user, timezone.localdate(at))
    request.session[TERMS_KEY] = newer.number if newer else None
    messages.success(request, _("Thank you. We noted that you read it."))
    return redirect("terms-changes" if newer else "dashboard")


def _whole(request: HttpRequest, shown: TermsVersion, on: date) -> HttpResponse:
    versions = list(TermsVersion.objects.published().without_words())
    current = next((each for each in versions if each.effective_on <= on), versions[-1])
    context = {
        "version": shown, "versions": versions, "current": current, "on": on,
        "text": html_of(shown.text, ids="part"), "contents": contents(shown.text, ids="part"),
    }  # fmt: skip
    return render(request, "accounts/terms/version.html", context)
