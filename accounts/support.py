"""Support access: staff open an account for a ticket, with a reason and for a limited time (§1, §7).

Opening, every page and closing are journalled with the staff's role, ticket and reason, which the holder reads
(``looks``). In the database the same rows decide which people staff see (``privacy.OPENED``).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts import roles
from accounts.models import Account, SupportAccess, User
from accounts.services import check_staff, lock
from accounts.states import State
from cannonworks.errors import Refused
from journal import services as journal


@transaction.atomic
def open_account(account: Account, *, actor: User, ticket: str, reason: str, at: datetime) -> SupportAccess:
    """Let a member of staff look into the account for ``SUPPORT_ACCESS_MINUTES`` from ``at`` (§1).

    ValidationError for a ticket or reason that is missing or tells who somebody is; Refused for whose role does not
    look into accounts, for an account that is open to them already, and for one that has been erased. Locks the row.
    """
    account = lock(account)
    check_staff(actor)
    if not actor.has_perm("accounts.add_supportaccess"):
        raise Refused("no_such_role", _("Your role does not look into accounts."), clause="7")
    if account.state == State.ERASED:
        raise Refused("erased", _("This account has been erased."), clause="5")
    mine = SupportAccess.objects.of(actor).filter(account=account, closed_at__isnull=True)
    if mine.running(at).exists():
        raise Refused("already_open", _("You have this account open already."), clause="1")
    mine.update(closed_at=F("ends_at"))  # it ended by itself, as was told when it began
    access = SupportAccess(
        account=account, staff=actor, role=", ".join(roles.of(actor)), ticket=ticket, reason=reason, opened_at=at,
        ends_at=at + timedelta(minutes=settings.SUPPORT_ACCESS_MINUTES),
    )  # fmt: skip
    access.full_clean()
    access.save(force_insert=True)
    journal.record("support.opened", account=account, actor=actor, clause="1", until=access.ends_at, **_facts(access))
    return access


@transaction.atomic
def look(account: Account, *, actor: User, page: str, at: datetime) -> SupportAccess:
    """Journal that a page of the account is opened under the actor's running access, and return that.

    Refused when none runs. Locks it: closing comes before the page or after it, and never in between.
    """
    access = SupportAccess.objects.of(actor).running(at).filter(account=account).select_for_update().first()
    if access is None:
        raise Refused("not_open", _("Open the account first: its people are not shown without."), clause="1")
    journal.record("support.looked", account=account, actor=actor, clause="1", page=page, **_facts(access))
    return access


@transaction.atomic
def close_account(access: SupportAccess, *, actor: User, at: datetime) -> SupportAccess:
    """End the actor's own access before its time. Refused when it is over already, or somebody else's."""
    access = SupportAccess.objects.select_for_update().select_related(None).get(pk=access.pk)
    if access.staff_id != actor.pk:
        raise Refused("not_yours", _("Who opened an account closes it."), clause="1")
    if not access.runs(at):
        raise Refused("access_over", _("This access is over already."), clause="1")
    access.closed_at = at
    access.save(update_fields=["closed_at"])
    journal.record("support.closed", account=access.account, actor=actor, clause="1", **_facts(access))
    return access


def _facts(access: SupportAccess) -> dict[str, Any]:
    # Each entry by itself says who and why: the holder reads them one by one.
    return {"access": access.reference, "role": access.role, "ticket": access.ticket, "reason": access.reason}
