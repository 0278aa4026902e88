from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from accounts.models import User


@login_not_required
@require_POST
def switch_language(request: HttpRequest) -> HttpResponse:
    """Show pages in the chosen language, and remember it for the mails of whoever is signed in."""
    language = request.POST.get("language")
    reads_only = not request.user.is_authenticated or request.user.is_helper  # whom no mail is sent either
    if language in dict(settings.LANGUAGES) and not reads_only:
        going = {"account__claimed_at__isnull": False}  # the fence refuses any write there
        User.objects.filter(pk=request.user.pk).exclude(**going).update(language=language)
    return set_language(request)
