"""What data subjects and third parties are told of a breach: nothing, unless a law or the holder says so (§13).

The product sends no such word by itself. Staff record here what will be told, to whom and on which ground, before it is
told; without a ground that is refused, here and by the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Account, User
from accounts.services import check_decides, check_staff, lock
from breaches.models import Affected, Audience, Breach, DirectWord, Permission
from cannonworks.errors import Refused
from journal import services as journal


@transaction.atomic
def give_permission(
    account: Account, breach: Breach, *, actor: User, at: datetime, to_subjects: bool, to_others: str = ""
) -> Permission:
    """Allow us, as the main user, to tell the people whose data it is, or others by name; the caller proved who it is.

    A permission given before is taken back with it. ValidationError when it is to nobody.
    """
    account = lock(account)
    check_decides(actor, account)
    if not Affected.objects.filter(account=account, breach=breach).exists():
        raise Refused("not_affected", _("This breach does not touch your account."), clause="13")
    _take_back(account, breach, at=at)
    permission = Permission(
        account=account, breach=breach, to_subjects=to_subjects, to_others=to_others.strip(),
        given_by=actor.reference, given_at=at,
    )  # fmt: skip
    permission.full_clean()
    permission.save(force_insert=True)
    journal.record(
        "word.allowed", account=account, actor=actor, clause="13", breach=breach.number,
        permission=permission.reference, to_subjects=to_subjects,
    )  # fmt: skip
    return permission


@transaction.atomic
def withdraw_permission(account: Account, breach: Breach, *, actor: User, at: datetime) -> bool:
    """Take the permission back, as the main user; what was told under it stays recorded. Whether there was one."""
    account = lock(account)
    check_decides(actor, account)
    if not _take_back(account, breach, at=at):
        return False
    journal.record("word.disallowed", account=account, actor=actor, clause="13", breach=breach.number)
    return True


@transaction.atomic
def record_word(
    breach: Breach, *, actor: User, at: datetime, audience: str, to: str, text: str, duty: str = "",
    permission: Permission | None = None,
) -> DirectWord:  # fmt: skip
    """Record, before it is told, what others than the account holder are told directly, and why that may be.

    Refused (``no_ground``) without a legal duty or a permission that stands and reaches this audience (§13).
    """
    check_staff(actor)
    duty = duty.strip()
    if not duty:
        _check_allowed(breach, permission, audience)
    word = DirectWord(
        breach=breach, audience=audience, to=to, text=text, duty=duty, recorded_by=actor.reference, recorded_at=at,
        permission=permission.reference if permission else None,
    )  # fmt: skip
    word.full_clean()
    word.save(force_insert=True)
    journal.record(
        "word.recorded", actor=actor, clause="13", breach=breach.number, word=word.reference, audience=audience,
        by_law=bool(duty), permission=word.permission,
    )  # fmt: skip
    return word


@dataclass(frozen=True)
class Others:
    """What others are told of a breach that concerns an account, the newest first, and whom it lets us tell."""

    words: list[DirectWord]
    permission: Permission | None


def others(account: Account, breach: Breach) -> Others:
    """What is told because of a law or by permission of this account, and the permission that stands; two queries."""
    own = Permission.objects.filter(account=account, breach=breach)
    told = DirectWord.objects.filter(~Q(duty="") | Q(permission__in=own.values("reference")), breach=breach)
    return Others(list(told.order_by("-recorded_at")[:50]), own.filter(withdrawn_at=None).first())


def standing(breach: Breach) -> list[Permission]:
    """The permissions of a breach that were not taken back."""
    return list(
        Permission.objects.filter(breach=breach, withdrawn_at=None).select_related("account").order_by("given_at")
    )


def _check_allowed(breach: Breach, permission: Permission | None, audience: str) -> None:
    found = permission and Permission.objects.select_for_update().filter(pk=permission.pk, withdrawn_at=None).first()
    if found is None or found.breach_id != breach.pk:
        words = _(
            "We tell nobody but the account holder, unless a law obliges us or the holder permits it. Name either."
        )
        raise Refused("no_ground", words, clause="13")
    if not (found.to_subjects if audience == Audience.SUBJECTS else found.to_others):
        raise Refused("not_permitted", _("The account holder has not permitted that these be told."), clause="13")


def _take_back(account: Account, breach: Breach, *, at: datetime) -> int:
    return Permission.objects.filter(account=account, breach=breach, withdrawn_at=None).update(withdrawn_at=at)
