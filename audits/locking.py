"""The one way to a test that is to change: its account first, then its own row, for everybody in the same order."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Account, User
from accounts.services import check_decides, check_not_going, check_staff, lock
from audits.models import Audit
from cannonworks.errors import Refused
from journal import services as journal


def locked(audit: Audit) -> Audit:
    """The same test with its account, both locked. Refused once it is gone, or its account is being erased."""
    account = lock(Account(pk=audit.account_id))
    check_not_going(account)
    found = Audit.objects.select_for_update().filter(pk=audit.pk).first()
    if found is None:
        raise Refused("audit_gone", _("This test is not there any more."), clause="12")
    found.account = account
    return found


def check_acts(actor: User, permission: str = "audits.change_audit") -> None:
    """Refuse whoever is no member of staff with a role that deals with tests."""
    check_staff(actor)
    if not actor.has_perm(permission):
        raise Refused("no_such_role", _("Your role does not deal with tests by account holders."), clause="12")


def check_side(actor: User, audit: Audit, *, by_letter: bool = False) -> bool:
    """Whether the actor speaks for us; else it must be the main user of the account. Refused for anybody else.

    ``by_letter``: staff enter what the account holder wrote, so it is the account holder who speaks.
    """
    if by_letter or actor.is_staff:
        check_acts(actor)
        return not by_letter
    check_decides(actor, audit.account)
    return False


def record(event: str, audit: Audit, actor: User | None, **facts: Any) -> None:
    """Journal a step of a test."""
    journal.record(event, account=audit.account, actor=actor, clause="12", audit=audit.reference, **facts)
