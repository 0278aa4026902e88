"""Pages for whoever finds a weakness (§7): where to tell us, and how we deal with it."""

from __future__ import annotations

from datetime import UTC, timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

#: How long what security.txt says holds: RFC 9116 wants it to be less than a year.
HOLDS = timedelta(days=180)


@login_not_required
@require_safe
@cache_control(public=True, max_age=86_400)
def security_txt(request: HttpRequest) -> HttpResponse:
    """What RFC 9116 asks for; the end of its validity moves along."""
    expires = (timezone.now().astimezone(UTC) + HOLDS).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = {
        "Contact": settings.SECURITY_CONTACT,
        "Expires": expires.isoformat().replace("+00:00", "Z"),
        "Preferred-Languages": ", ".join(code for code, _name in settings.LANGUAGES),
        "Canonical": settings.SITE_URL + reverse("security-txt"),
        "Policy": settings.SITE_URL + reverse("security-policy"),
    }
    text = "".join(f"{name}: {value}\n" for name, value in lines.items())
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@login_not_required
@require_safe
@cache_control(public=True, max_age=86_400)
def security_policy(request: HttpRequest) -> HttpResponse:
    """How we deal with a weakness that is told us."""
    text = (settings.BASE_DIR / "SECURITY.md").read_text()
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
