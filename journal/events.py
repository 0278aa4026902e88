"""What may be in the journal: each event with the sentence by which it is shown."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

EVENTS: Mapping[str, Promise] = {
    "account.signed_up": _("The account was opened"),
    "account.activated": _("The account was activated"),
    "account.reactivated": _("The account was reactivated"),
    "account.cancelled": _("The account was cancelled"),
    "account.lapsed": _("The trial ended without activation"),
    "alarm.cleared": _("An alarm was cleared"),
    "alarm.raised": _("An alarm was raised"),
    "bsn.revealed": _("A citizen service number was looked at"),
    "document.deleted": _("A quote or invoice was deleted"),
    "document.issued": _("A quote or invoice was issued"),
    "employee.added": _("An employee or contractor was added"),
    "erasure.claimed": _("The erasure began"),
    "erasure.done": _("The erasure was completed"),
    "erasure.ordered": _("Erasure at once was ordered after a registered letter"),
    "erasure.parked": _("The erasure was parked after failures"),
    "erasure.refused": _("The erasure was refused because of a hold"),
    "erasure.requested": _("Erasure at once was asked for"),
    "erasure.unparked": _("A parked erasure may try again"),
    "erasure.warned": _("A warning of erasure was planned"),
    "erasure.withdrawn": _("The request for erasure was withdrawn"),
    "hold.confirmed": _("A hold was confirmed"),
    "hold.placed": _("A hold was proposed"),
    "hold.released": _("A hold was released"),
    "journal.verified": _("The journal was verified"),
    "letter.recorded": _("A registered letter was recorded"),
    "payment.received": _("A payment was received"),
    "relation.added": _("A relation was added"),
    "rules.approved": _("Changed retention rules were approved"),
    "staff.added": _("A member of staff was added"),
    "staff.changed": _("A member of staff was changed"),
    "statement.mailed": _("The erasure statement was mailed"),
    "statement.undelivered": _("The erasure statement could not be delivered"),
    "subscription.charged": _("The subscription was charged"),
    "warning.sent": _("A warning of erasure was mailed"),
}


def sentence(event: str) -> str:
    """What happened, in the reader's language; the event itself where an older version wrote what is known no more."""
    return str(EVENTS.get(event, event))
