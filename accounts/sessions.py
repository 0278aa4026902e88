"""The session store: Django's own in the database, with whose browser it is in columns of their own."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import IntegrityError
from django.http import HttpRequest
from psycopg.errors import RestrictViolation

from accounts.models import Session, User
from cannonworks.errors import is_fence

#: Where the store keeps the browser; in the row these are columns.
DEVICE = "device"
#: Whoever passed the first step of signing in, and not yet the second; allauth's name for it.
HALFWAY_KEY = "account_authentication_methods_user"


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def load(self) -> dict[str, Any]:
        row = self._get_session_from_db()  # type: ignore[attr-defined]
        if row is None:
            return {}
        return {**self.decode(row.session_data), DEVICE: (row.signed_in_at, row.ip_address, row.user_agent)}

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        kept = dict(data)
        at, address, agent = kept.pop(DEVICE, None) or (None, None, "")
        row = cast(Session, super().create_model_instance(kept))
        row.signed_in_at, row.ip_address, row.user_agent = at, address, agent
        # Halfway through, the session already tells of somebody, and goes when they do.
        if user_id := data.get(SESSION_KEY) or data.get(HALFWAY_KEY):
            user = User.objects.filter(pk=user_id).values_list("pk", "account").first()
            row.user_id, row.account_id = user or (None, None)
        return row

    def save(self, must_create: bool = False) -> None:
        try:
            super().save(must_create)
        except CreateError as error:
            refusal = error.__context__
            # Django would try another key for ever; it is not the key that the fence refuses.
            if refusal is not None and isinstance(refusal.__cause__, RestrictViolation):
                raise refusal from None
            raise
        except IntegrityError as error:
            # The account was claimed for erasure while the request ran, and its sessions end: as after a sign-out.
            if is_fence(error):
                raise UpdateError from error
            raise


def note_device(request: HttpRequest, *, at: datetime, address: str | None) -> None:
    """Keep in the session of ``request`` since when, from where and with what somebody is signed in (§19)."""
    request.session[DEVICE] = (at, address, request.headers.get("user-agent", "")[:300])
