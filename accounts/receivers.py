"""What libraries tell us only by signal: each gives one entry in the journal, in the transaction of the change."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import email_changed
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from accounts import cookies, lockout, newsletter
from accounts.models import User
from journal import services as journal


@receiver(post_save, sender=Authenticator)
def factor_added(instance: Authenticator, created: bool, **_more: Any) -> None:
    if created:
        _record("second_factor.added", instance.user, factor=instance.type)


@receiver(post_delete, sender=Authenticator)
def factor_removed(instance: Authenticator, **_more: Any) -> None:
    _record("second_factor.removed", instance.user, factor=instance.type)


@receiver(authentication_failed)
def factor_failed(request: HttpRequest, user: User, authenticator: Authenticator, **_more: Any) -> None:
    lockout.failed(request, user.email, factor=authenticator.type)


@receiver(email_changed)
def address_changed(user: User, to_email_address: EmailAddress, **_more: Any) -> None:
    _record("user.email_changed", user)
    newsletter.follow_address(user, at=timezone.now())


@receiver(user_logged_in)
def signed_in(request: Any, user: User, **_more: Any) -> None:
    request.has_signed_in = True  # for the statistics
    cookies.take_over(user, request.COOKIES)


@receiver(user_logged_out)
def signed_out(user: User | None, **_more: Any) -> None:
    if user is not None:
        _record("session.ended", user)


def _record(event: str, user: Any, **facts: Any) -> None:
    journal.record(event, account=user.account, actor=user, clause="7", **facts)
