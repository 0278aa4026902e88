"""Who sends a request with a device token, or with e-mail and password: recognised here and nowhere else."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import authenticate
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from accounts import lockout, tokens
from accounts.access import has_second_factor, is_fresh
from accounts.models import DeviceToken, User
from cannonworks import isolation


class DeviceTokenAuthentication(TokenAuthentication):
    """``Authorization: Bearer cw_…``: the user of the device, whose role the request has from then on.

    Nothing is removed on the way: a token that expired is refused, and a job clears it away, so that an answer that
    is rolled back loses nothing.
    """

    def authenticate_credentials(self, token: bytes) -> tuple[User, DeviceToken]:
        """Return the user and the token's row. AuthenticationFailed (401), which does not say what is wrong with it."""
        at = timezone.now()
        with _as_visitor():
            row = tokens.find_token(token.decode("ascii", "replace"), at=at)
            if row is None:
                raise AuthenticationFailed(_("This token is not valid any more. Sign in again on this device."))
            tokens.note_use(row, at=at)
        isolation.become(row.user)
        return row.user, row


def sign_in_device(request: Request, *, email: str, password: str, code: str) -> User:
    """Return the user with these credentials, whose role the request has from then on; AuthenticationFailed (401).

    One answer for every reason, so that nobody learns which addresses are known.
    """
    with _as_visitor():
        user = authenticate(request._request, email=email, password=password)
        if not isinstance(user, User) or user.account_id is None or not _passes(request, user, code):
            raise AuthenticationFailed(_("This e-mail and password do not belong together. Check both and try again."))
    isolation.become(user)
    request.user = user
    return user


class NotFresh(PermissionDenied):
    """A 403 to who did not just prove their identity; ``page`` is the address where a browser does the same."""

    def __init__(self, page: str) -> None:
        words = _("This needs a fresh proof that it is you, which a device cannot give. Do it on the page in “page”.")
        super().__init__(words, "not_fresh")
        self.page = settings.SITE_URL + page


def check_fresh(request: Request, page: str, *args: Any) -> None:
    """Refuse who did not just prove their identity in this very session; a device token never passes (§7).

    ``page``: the name and arguments of the page on which the same is done after such a proof. Raises NotFresh.
    """
    if not is_fresh(request):
        raise NotFresh(reverse(page, args=args))


def _passes(request: Request, user: User, code: str) -> bool:
    """Whether ``code`` is the user's second factor, or none is set up (§7); a wrong one counts as a wrong password."""
    if not has_second_factor(user):
        return True
    # A passkey has no code to type.
    typed = Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.WEBAUTHN)
    if code and any(factor.wrap().validate_code(code) for factor in typed):
        return True
    lockout.failed(request._request, user.email, factor="code")
    return False


def _as_visitor() -> AbstractContextManager[None]:
    """Look for tokens and passwords as a visitor may, also where a session came along with them."""
    return nullcontext() if isolation.current() == isolation.VISITOR else isolation.acting_as(isolation.VISITOR)
