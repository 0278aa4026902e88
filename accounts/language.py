"""The language of whoever signs in, kept for the pages that do not know them."""

from __future__ import annotations

from typing import TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation

Answer = TypeVar("Answer", bound=HttpResponseBase)


def keep_language(response: Answer, language: str) -> Answer:
    """Set the language cookie on ``response``, as the language switch does; return the same response."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,  # type: ignore[arg-type]
    )
    return response


def speak(request: HttpRequest, language: str) -> None:
    """Answer in the language of a link where the browser has chosen none: it may be another device."""
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        translation.activate(language)
