"""Blocking an account in which a data subject's request was not carried out, and opening it again (§15)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account, User
from accounts.services import check_not_going, check_staff, lock
from cannonworks.blocking import stays_open
from cannonworks.errors import Refused
from journal import services as journal

#: The way out, the language, and the proof of identity that fulfilling may ask for.
stays_open("account_logout", "language", "account_reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn")


@transaction.atomic
def block_account(account: Account, *, actor: User, because: UUID, at: datetime) -> Account:
    """Shut the account but for what the request ``because`` needs (§15); nothing changes where it is shut already.

    Locks the account; Refused of one that is being erased, and to whoever is no member of staff.
    """
    account = lock(account)
    check_staff(actor)
    check_not_going(account)
    if account.blocked_at is None:
        account.blocked_at = at
        account.save(update_fields=["blocked_at"])
        journal.record("account.blocked", account=account, actor=actor, clause="15", request=because)
    return account


@transaction.atomic
def unblock_account(account: Account, *, actor: User | None, because: UUID) -> Account:
    """Open the account again, the request being fulfilled (§15); nothing changes where it is open. Locks it."""
    account = lock(account)
    if account.blocked_at is not None:
        account.blocked_at = None
        account.save(update_fields=["blocked_at"])
        journal.record("account.unblocked", account=account, actor=actor, clause="15", request=because)
    return account


def check_not_blocked(account: Account) -> None:
    """Refuse what an account cannot do while a data subject's request waits in it (§15)."""
    if account.blocked_at is not None:
        raise Refused(
            "blocked",
            _("Your account is blocked until the open request about personal data is done."),
            clause="15",
        )
