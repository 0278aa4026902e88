"""A change of the rules erases nothing until staff approved a dry run under the new ones, by digest (§5)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account, User
from accounts.services import apply_rules, check_staff
from accounts.states import State
from cannonworks import rules
from cannonworks.errors import Refused
from journal import services as journal
from retention.models import RulesApproval

#: Accounts rewritten in one go when approved rules are carried through.
CHUNK = 1000


def is_approved(at: datetime) -> bool:
    """Whether the sweep may erase under today's rules. The rules of the installation itself need no approval."""
    approved = RulesApproval.objects.order_by("-approved_at", "-id").first()
    if approved is None:
        RulesApproval.objects.get_or_create(digest=rules.digest(), defaults={"approved_at": at})
        return True
    return approved.digest == rules.digest()


@transaction.atomic
def approve_rules(*, actor: User, digest: str, would_erase: int, at: datetime) -> RulesApproval:
    """Approve the rules of this ``digest`` after their dry run, and carry their dates through to every account.

    Refused when the program has moved on to other rules since the dry run, or they are approved already.
    """
    check_staff(actor)
    if digest != rules.digest():
        raise Refused("other_rules", _("The rules have changed again since this dry run. Look at a new one first."))
    if RulesApproval.objects.order_by("-approved_at", "-id").values_list("digest", flat=True).first() == digest:
        raise Refused("rules_approved", _("These rules have been approved already."))
    RulesApproval.objects.filter(digest=digest).delete()  # rules that come back: approved anew
    approval = RulesApproval.objects.create(digest=digest, approved_by=actor, approved_at=at, would_erase=would_erase)
    _carry_through()
    journal.record("rules.approved", actor=actor, clause="5", digest=digest, would_erase=would_erase)
    return approval


def _carry_through() -> None:
    living = Account.objects.exclude(state=State.ERASED).filter(claimed_at=None)
    last = 0
    while chunk := list(living.filter(pk__gt=last).order_by("pk").select_for_update()[:CHUNK]):
        for account in chunk:
            apply_rules(account)
        Account.objects.bulk_update(chunk, ["keep_until", "erase_on", "warn_on"])
        last = chunk[-1].pk
