"""Who signs in: Django's own backend, which alone reads the hash of a password."""

from __future__ import annotations

from django.contrib.auth.backends import ModelBackend

from accounts.models import User


class Backend(ModelBackend):
    def get_user(self, user_id: int) -> User | None:
        """The signed-in user, with the hash from which the session is checked, in one query."""
        user = User.objects.all_columns().filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
