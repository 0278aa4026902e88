"""What signing in leaves behind, and how access ends: passwords, sessions, devices, locks (§7)."""

from __future__ import annotations

from collections.abc import Sequence

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import lockout
from accounts.models import Session, User
from accounts.services import check_staff
from accounts.tokens import revoke_tokens
from cannonworks.errors import Refused
from journal import services as journal


def adopt_address(user: User) -> None:
    """Count the address of a user whom we made ourselves as confirmed, once: a letter or a colleague gave it to us.

    An address that waits for its confirmation is left alone, unless staff have since changed the user's own.
    """
    if not EmailAddress.objects.filter(user=user, email=user.email).exists():
        EmailAddress.objects.filter(user=user).delete()
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)


@transaction.atomic
def set_password(user: User, password: str, *, keep_session: str | None = None, actor: User | None = None) -> None:
    """Give ``user`` a new password and end their access everywhere but in the session ``keep_session`` (§7)."""
    user.set_password(password)
    user.save(update_fields=["password"])
    end_access(user, keep_session=keep_session)
    journal.record("user.password_changed", account=user.account, actor=actor or user, clause="7", user=user.reference)


def end_access(user: User, *, keep_session: str | None = None) -> int:
    """End every session of ``user`` but the one with the key ``keep_session``; return how many ended.

    The one place for it: whatever else lets somebody in goes here too.
    """
    revoke_tokens(user)
    ended, _rows = Session.objects.filter(user=user).exclude(session_key=keep_session).delete()
    return ended


@transaction.atomic
def end_other_access(user: User, *, keep_session: str | None) -> int:
    """End the user's own access everywhere else, as they asked; return how many sessions ended."""
    ended = end_access(user, keep_session=keep_session)
    journal.record("session.ended", account=user.account, actor=user, clause="7", sessions=ended)
    return ended


@transaction.atomic
def unlock_user(user: User, email: str, *, actor: User) -> None:
    """Lift the lock on the sign-in of ``user``, whose address is ``email`` (§7)."""
    check_staff(actor)
    if not lockout.unlock(email):
        raise Refused("not_locked", _("This user is not locked out any more."), clause="7")
    journal.record("sign_in.unlocked", account=user.account, actor=actor, clause="7", user=user.reference)


@transaction.atomic
def end_session(session: Session, *, actor: User) -> None:
    """End one signed-in browser."""
    session.delete()
    journal.record("session.ended", account=actor.account, actor=actor, clause="7")


def record_sign_in(user: User, *, methods: Sequence[str]) -> None:
    """Journal that somebody signed in, and with what."""
    journal.record("user.signed_in", account=user.account, actor=user, clause="7", methods=list(methods))
