"""Who may call the API, and how often. Apart from the endpoints, because the framework asks for it while it loads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle, UserRateThrottle

from cannonworks import blocking
from cannonworks.errors import Refused

if TYPE_CHECKING:
    from rest_framework.views import APIView


class HolderOnly(BasePermission):
    """Users of an account that is not being erased. Staff have their own pages."""

    message = gettext_lazy("This is for account holders; staff have their own pages.")

    def has_permission(self, request: Request, view: APIView) -> bool:
        user = request.user
        if not user.is_authenticated or user.account is None:
            return False
        if user.account.claimed_at is not None or user.account.erased_on is not None:
            raise PermissionDenied(_("This account has been erased or is being erased."))
        if not blocking.may_pass(user, request.resolver_match):
            words = _("Your account is blocked until the open request about personal data is done.")
            raise Refused("blocked", words, clause="15")
        return True


class MainUserOnly(HolderOnly):
    """The one user who decides for the account. The services check it again."""

    message = gettext_lazy("Only the main user of the account can do this.")

    def has_permission(self, request: Request, view: APIView) -> bool:
        return super().has_permission(request, view) and getattr(request.user, "is_main", False)


class CallerThrottle(UserRateThrottle):
    """So many requests of one user, on all devices together; visitors have a throttle of their own."""

    scope = "caller"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        return super().get_cache_key(request, view) if request.user.is_authenticated else None


class VisitorThrottle(AnonRateThrottle):
    """So many requests from one address, of whoever is not signed in."""

    scope = "visitor"


class SignInThrottle(VisitorThrottle):
    """Few tokens to one address, whoever asks: here passwords could be guessed."""

    scope = "sign-in"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}
