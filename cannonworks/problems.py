"""Every error of the API as a problem document (RFC 9457): in the caller's language, without personal data."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, RequestDataTooBig, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import defaults
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from cannonworks.errors import Refused, is_fence

log = logging.getLogger(__name__)

PROBLEM = "application/problem+json"
TITLES: Mapping[int, str | Promise] = {
    400: gettext_lazy("This request is not right"),
    401: gettext_lazy("Sign in first"),
    403: gettext_lazy("This is not for you"),
    404: gettext_lazy("This does not exist"),
    405: gettext_lazy("This cannot be done with it"),
    406: gettext_lazy("We cannot answer in this form"),
    409: gettext_lazy("This is not possible now"),
    415: gettext_lazy("We cannot read this form"),
    429: gettext_lazy("Too many requests"),
    500: gettext_lazy("Something went wrong with us"),
    503: gettext_lazy("Back in a moment"),
}

TEXT = {"type": "string"}
PROBLEM_SCHEMA = {
    "type": "object",
    "description": "Problem document (RFC 9457). `code` is stable; `title` and `detail` are in your language.",
    "required": ["type", "title", "status", "detail", "instance", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri", "examples": ["urn:cannonworks:problem:read_only"]},
        "title": TEXT,
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": TEXT,
        "instance": {"type": "string", "format": "uri", "description": "This one occurrence, at random."},
        "code": TEXT,
        "page": {
            "type": "string",
            "format": "uri",
            "description": "With `not_fresh`: the page on which the main user does this, after proving who they are.",
        },
        "clause": {"type": "string", "description": "The clause of the agreement that refuses it."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "JSON pointer into the body.",
                        "examples": ["#/email"],
                    },
                    "code": TEXT,
                    "detail": TEXT,
                },
            },
        },
    },
}


def problem(code: str, *, status: int, detail: str, title: str = "", **more: Any) -> dict[str, Any]:
    """A problem document. ``instance`` names this one occurrence at random: paths may have anything in them."""
    return {
        "type": f"urn:cannonworks:problem:{code}",
        "title": title or str(TITLES.get(status, TITLES[400])),
        "status": status,
        "detail": detail,
        "instance": f"urn:uuid:{uuid.uuid4()}",
        "code": code,
        **more,
    }


def problem_of(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Answer an error of an endpoint as a problem document; None, for the server's own answer, where it is a fault."""
    error = _known(error)
    if isinstance(error, Refused):
        clause = {"clause": error.clause} if error.clause else {}
        told = problem(error.code, status=status.HTTP_409_CONFLICT, detail=str(error), **clause)
        return Response(told, status=status.HTTP_409_CONFLICT, content_type=PROBLEM)
    response = exception_handler(error, dict(context))
    if response is None:
        return None
    more: dict[str, Any] = {}
    if isinstance(error, exceptions.ValidationError):
        code, detail = "invalid", _("Some of what you sent is not right; nothing was changed.")
        more["errors"] = list(_errors(error.get_full_details(), "#"))
    else:
        code, detail = _code_and_detail(error)
    if page := getattr(error, "page", ""):  # where a browser does what was asked
        more["page"] = page
    response.data = problem(code, status=response.status_code, detail=detail, **more)
    response.content_type = PROBLEM
    return response


def _known(error: Exception) -> Exception:
    """The same error as the API says it: models and the database have their own words for some."""
    if isinstance(error, ValidationError):
        if hasattr(error, "error_dict"):
            said = {
                "" if name == NON_FIELD_ERRORS else name: list(map(_one, errors))
                for name, errors in error.error_dict.items()
            }
            return exceptions.ValidationError(said)
        return exceptions.ValidationError({"": [_one(each) for each in error.error_list]})
    if is_fence(error):
        return Refused("being_erased", _("This account is being erased; that cannot be stopped any more."), clause="5")
    return error


def _one(error: ValidationError) -> exceptions.ErrorDetail:
    return exceptions.ErrorDetail(str(error.messages[0]), code=error.code or "invalid")


def _code_and_detail(error: Exception) -> tuple[str, str]:
    if isinstance(error, Http404):
        return "not_found", _("The address may be mistyped, or what was here is gone.")
    if isinstance(error, PermissionDenied):
        return "permission_denied", str(error) or _("You are signed in, but this belongs to somebody else.")
    if isinstance(error, exceptions.Throttled):
        return "throttled", _("You ask too often. Try again in %(seconds)s seconds.") % {
            "seconds": ceil(getattr(error, "wait", None) or 1)
        }
    assert isinstance(error, exceptions.APIException)  # noqa: S101  the framework answers no others
    return str(error.get_codes()), str(error.detail)


def _errors(details: Any, place: str) -> Iterator[dict[str, str]]:
    """One entry for each message: JSON pointer of the field (RFC 6901), stable code, message."""
    if isinstance(details, Mapping) and {"message", "code"} == set(details):
        yield {"pointer": place, "code": str(details["code"]), "detail": str(details["message"])}
    elif isinstance(details, Mapping):
        for name, below in details.items():
            step = str(name).replace("~", "~0").replace("/", "~1")
            yield from _errors(below, f"{place}/{step}" if step and name != "non_field_errors" else place)
    else:
        for number, below in enumerate(details):
            is_leaf = isinstance(below, Mapping) and {"message", "code"} == set(below)
            yield from _errors(below, place if is_leaf else f"{place}/{number}")


def outside_views(code: str, *, status: int, detail: str) -> JsonResponse:
    """The answer to what no endpoint came to see."""
    told = problem(code, status=status, detail=detail)
    if status >= 500:  # so that support finds what the caller tells of
        log.error("A request failed: %s", told["instance"])
    return JsonResponse(told, status=status, content_type=PROBLEM)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's answer to what it would not read, as a problem under /api/; of a form that is too long, a page."""
    if not request.path_info.startswith("/api/"):
        if isinstance(exception, RequestDataTooBig):
            return render(request, "413.html", status=413)
        return defaults.bad_request(request, exception)
    return outside_views("bad_request", status=400, detail=_("This request cannot be read."))


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's answer to a fault, as a problem under /api/; needs no database."""
    if not request.path_info.startswith("/api/"):
        return defaults.server_error(request)
    return outside_views("server_error", status=500, detail=_("Nothing was changed. Try again later, or tell us."))
