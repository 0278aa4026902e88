"""How a password is checked: by the address of the user's own row, which alone says who signs in."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from accounts.models import User
from cannonworks.readymade import Readymade

#: Asked by every request.
SIGNED_IN = Readymade(lambda user: User.objects.with_password().filter(pk=user))


class PasswordBackend(AuthenticationBackend):
    """allauth's, without its search through other addresses; hands out users with their password loaded.

    A request loads its user once, at its beginning; afterwards no database role may read that column.
    """

    def get_user(self, user_id: Any) -> User | None:
        user = SIGNED_IN.row(user_id)
        return user if user is not None and self.user_can_authenticate(user) else None

    def _authenticate_by_email(self, email: str, password: str) -> User | None:
        user = User.objects.with_password().filter(email=email.lower()).first()
        return self._check_password(user, password)
