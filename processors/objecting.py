"""What the main user of an account objects to a change of sub-processors that is still to come (§9)."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import outbox
from accounts.models import Account, User
from accounts.services import check_decides, check_not_going, lock
from cannonworks.deadlines import local_date
from cannonworks.errors import Refused
from journal import services as journal
from processors.models import LONGEST, Change, ChangeKind, Objection
from processors.telling import MAY_ANSWER


def can_object(change: Change, *, at: datetime) -> bool:
    """Whether there is time left to object: until the day on which it takes effect."""
    return change.is_open and change.kind != ChangeKind.ENDED and local_date(at) < change.effective_on


@transaction.atomic
def object_to(change: Change, account: Account, *, actor: User, at: datetime, words: str) -> Objection:
    """Take in an objection, once for each change; staff are mailed and answer it before the change takes effect (§9).

    Whatever the state of the account. ValidationError without words; Refused for others than the main user, from the
    day of the change, and the second time. Locks the account.
    """
    account = lock(account)
    check_decides(actor, account)
    check_not_going(account)
    if not can_object(change, at=at):
        raise Refused("too_late", _("One can object until the day on which a change takes effect."), clause="9")
    if Objection.objects.filter(change=change, account=account).exists():
        raise Refused("already", _("You objected to this change already; our answer comes by mail."), clause="9")
    made = Objection(change=change, account=account, user=actor.reference, words=words.strip(), made_at=at)
    if not made.words or len(made.words) > LONGEST:
        raise ValidationError(
            {"words": _("Tell in at most %(most)s characters what you object to.") % {"most": LONGEST}}
        )
    made.save(force_insert=True)
    journal.record(
        "sub_processor.objected", account=account, actor=actor, clause="9", objection=made.reference,
        change=change.reference,
    )  # fmt: skip
    outbox.tell_staff(MAY_ANSWER, "processors/objection_made", about=made.reference, account=account, at=at)
    return made
