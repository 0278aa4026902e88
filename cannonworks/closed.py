"""What is said while the database lets nobody in: while it is away, or stays closed until a restore is proven (§14).

Nothing here asks the database, the session or a file of the account for anything.
"""

from __future__ import annotations

from django.conf import settings
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from cannonworks import problems

#: Seconds after which it is worth trying again: for a browser, an app, and a worker.
AGAIN_AFTER = 60
#: How often a worker comes again: a week long.
MOST_TIMES = 7 * 24 * 60


def lets_in() -> bool:
    """Whether there is a connection to the database, or one can be made."""
    try:
        connection.close_if_health_check_failed()
        connection.ensure_connection()
    except OperationalError:
        return False
    return True


def answer(request: HttpRequest) -> HttpResponse:
    """503 as a plain page in Dutch or English, and under /api/ as a problem document; both say when to try again."""
    with translation.override(translation.get_language_from_request(request)):
        detail = _("CannonWorks is closed for a moment. Nothing was done with what you sent; try again in a minute.")
        response: HttpResponse
        if request.path_info.startswith("/api/"):
            told = problems.problem("closed", status=503, detail=detail)
            response = JsonResponse(told, status=503, content_type=problems.PROBLEM)
        else:
            response = HttpResponse(render_to_string("503.html", {"seconds": AGAIN_AFTER}), status=503)
        response.headers["Content-Language"] = translation.get_language() or settings.LANGUAGE_CODE
    response.headers["Retry-After"] = str(AGAIN_AFTER)
    return response
