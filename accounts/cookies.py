"""Every cookie there is (§20), and the answer about statistics of whoever is asked.

The page about cookies is drawn from ``COOKIES``; a test fails on a cookie that is set and not declared here. None of
them has personal data in it: the statistics are collected by the server, so the only analytic cookie is the yes itself
(docs/decisions/0026).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.conf import settings
from django.db import models, transaction
from django.http import HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from journal import services as journal

Answer = TypeVar("Answer", bound=HttpResponseBase)


class Use(models.TextChoices):
    """What cookies are for; there is no third use."""

    FUNCTIONAL = "functional", _("Functional")
    ANALYTIC = "analytic", _("Analytic")


@dataclass(frozen=True)
class Cookie:
    """A cookie: its name, what for, what is in it (also as a pattern that every value matches), and until when."""

    name: str
    use: Use
    why: str | Promise
    holds: str | Promise
    pattern: str
    until: str | Promise


COOKIES = (
    Cookie(
        settings.SESSION_COOKIE_NAME, Use.FUNCTIONAL,
        _("Remembers that you are signed in, and messages for you until you have seen them."),
        _("A random key. What belongs to it stays with us."), "[a-z0-9]{32}",
        _("Two weeks, or until you sign out"),
    ),
    Cookie(
        settings.CSRF_COOKIE_NAME, Use.FUNCTIONAL,
        _("Makes sure that a form that is sent to us really comes from our page."),
        _("A random key."), "[A-Za-z0-9]{32}", _("One year"),
    ),
    Cookie(
        settings.LANGUAGE_COOKIE_NAME, Use.FUNCTIONAL,
        _("Remembers in which language you read our pages."),
        _("“nl” or “en”."), "nl|en", _("One year"),
    ),
    Cookie(
        settings.REFUSAL_COOKIE_NAME, Use.FUNCTIONAL,
        _("Remembers that you want no statistics, so that we do not ask again."),
        _("“no”."), "no", _("One year, or until you allow statistics"),
    ),
    Cookie(
        settings.ANALYTICS_COOKIE_NAME, Use.ANALYTIC,
        _("Remembers that you allow us to count how our pages are used."),
        _("“yes”. It says nothing about who you are."), "yes", _("One year, or until you refuse"),
    ),
)  # fmt: skip


def answer_in(cookies: Mapping[str, str]) -> bool | None:
    """What a browser answered about statistics; None when it was not asked yet. A no goes before a yes."""
    if cookies.get(settings.REFUSAL_COOKIE_NAME) == "no":
        return False
    return True if cookies.get(settings.ANALYTICS_COOKIE_NAME) == "yes" else None


@transaction.atomic
def answer(user: User, *, allowed: bool) -> None:
    """Keep a user's own answer about statistics, and journal it as evidence (§20); from the next request on it counts.

    Also in an account that does not run. Of one that is being erased nothing is written any more, nor collected.
    """
    going = {"account__claimed_at__isnull": False}
    changed = User.objects.filter(pk=user.pk).exclude(**going).exclude(analytics=allowed)
    if changed.update(analytics=allowed):
        who: dict[str, Any] = {"account": user.account, "actor": user, "clause": "20"}
        if allowed:
            journal.record("analytics.allowed", **who)
        else:
            journal.record("analytics.refused", **who)
    user.analytics = allowed


def take_over(user: User, cookies: Mapping[str, str]) -> None:
    """Let what a visitor answered count for who signs in: a no always, a yes where the user gave no answer yet."""
    given = answer_in(cookies)
    if user.account_id is None or given is None or (user.analytics is not None and (given or not user.analytics)):
        return
    answer(user, allowed=given)


def keep_answer(response: Answer, *, allowed: bool) -> Answer:
    """Set the cookie of the answer on ``response`` and remove that of the other one; return the same response."""
    kept, gone = settings.REFUSAL_COOKIE_NAME, settings.ANALYTICS_COOKIE_NAME
    if allowed:
        kept, gone = gone, kept
    response.set_cookie(
        kept, "yes" if allowed else "no", max_age=settings.ANSWER_COOKIE_AGE,
        secure=settings.SECURE, httponly=True, samesite="Lax",
    )  # fmt: skip
    # Not Django's own way, which leaves out an attribute of a cookie that came without TLS, or with a plain name.
    response.set_cookie(gone, "", max_age=0, secure=settings.SECURE, httponly=True, samesite="Lax")
    return response
