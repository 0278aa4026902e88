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
    "employee.changed": _("An employee or contractor was changed"),
    "employee.removed": _("An employee or contractor was removed"),
    "erasure.claimed": _("The erasure began"),
    "erasure.done": _("The erasure was completed"),
    "erasure.ordered": _("Erasure at once was ordered after a registered letter"),
    "erasure.parked": _("The erasure was parked after failures"),
    "erasure.refused": _("The erasure was refused because of a hold"),
    "erasure.requested": _("Erasure at once was asked for"),
    "erasure.unparked": _("A parked erasure may try again"),
    "erasure.warned": _("A warning of erasure was planned"),
    "erasure.withdrawn": _("The request for erasure was withdrawn"),
    "helper.added": _("A helper was added"),
    "helper.bound": _("A helper signed the confidentiality statement"),
    "helper.looked": _("A helper looked at the administration"),
    "helper.opened": _("A helper opened the administration"),
    "hold.confirmed": _("A hold was confirmed"),
    "hold.placed": _("A hold was proposed"),
    "hold.released": _("A hold was released"),
    "journal.verified": _("The journal was verified"),
    "keys.rehashed": _("Values were hashed under the new key"),
    "keys.rewrapped": _("Data keys were wrapped under the new key"),
    "keys.rotated": _("Keys were changed and proven"),
    "letter.recorded": _("A registered letter was recorded"),
    "payment.received": _("A payment was received"),
    "project.ended": _("A project of a sub-processor was ended"),
    "project.entered": _("A project of a sub-processor was entered"),
    "relation.added": _("A relation was added"),
    "relation.changed": _("A relation was changed"),
    "relation.removed": _("A relation was removed"),
    "rules.approved": _("Changed retention rules were approved"),
    "second_factor.added": _("A second factor was added"),
    "second_factor.removed": _("A second factor was removed"),
    "session.ended": _("Sessions were ended"),
    "sign_in.failed": _("Signing in failed"),
    "sign_in.locked": _("Signing in was locked"),
    "sign_in.unlocked": _("Signing in was unlocked"),
    "staff.added": _("A member of staff was added"),
    "staff.changed": _("A member of staff was changed"),
    "statement.mailed": _("The erasure statement was mailed"),
    "statement.undelivered": _("The erasure statement could not be delivered"),
    "sub_processor.added": _("A sub-processor was added"),
    "subscription.charged": _("The subscription was charged"),
    "support.closed": _("Support closed the account again"),
    "support.looked": _("Support looked into the account"),
    "support.opened": _("Support opened the account"),
    "terms.accepted": _("The terms were accepted"),
    "terms.acknowledged": _("A change of the terms was read"),
    "terms.announced": _("New terms were announced"),
    "terms.drafted": _("A draft of the terms was written"),
    "terms.published": _("New terms were published"),
    "token.made": _("A device was added"),
    "token.revoked": _("A device was revoked"),
    "tokens.revoked": _("All devices of a user were revoked"),
    "user.email_changed": _("An e-mail address was changed"),
    "user.password_changed": _("A password was changed"),
    "user.signed_in": _("A user signed in"),
    "warning.sent": _("A warning of erasure was mailed"),
}


def sentence(event: str) -> str:
    """What happened, in the reader's language; the event itself where an older version wrote what is known no more."""
    return str(EVENTS.get(event, event))
