"""The calendar of deadlines of a member of staff, under an address that is a secret (§7, docs/decisions/0034).

Calendar programs bring no session and no cookie. The token in the address shows whose calendar it is; what is in it
follows from the rights that this person has at that moment. It has references and kinds, and nobody's name.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from board.models import Feed
from board.running import Clock, Clocks, written
from cannonworks import isolation, mails
from cannonworks.bearer import digest_of, new_token
from cannonworks.calendars import Event, calendar
from cannonworks.clocks import kinds_for
from journal import services as journal

#: So many clocks stand in a calendar, those that end first.
MOST = 1_000


@transaction.atomic
def make_feed(user: User, *, at: datetime) -> str:
    """Make the address of this member of staff anew; its token, which is nowhere kept. The one before ends."""
    Feed.objects.filter(user=user).delete()
    token = new_token()
    Feed.objects.create(user=user, digest=digest_of(token), made_at=at)
    journal.record("feed.made", actor=user, clause="7")
    return token


@transaction.atomic
def revoke_feed(user: User) -> bool:
    """End the address of this member of staff; whether there was one."""
    gone, _each = Feed.objects.filter(user=user).delete()
    if gone:
        journal.record("feed.revoked", actor=user, clause="7")
    return bool(gone)


def feed_of(user: User) -> Feed | None:
    """The address of this member of staff, as far as it is known."""
    return Feed.objects.filter(user=user).defer("digest").first()


def read_feed(token: str, *, at: datetime) -> bytes | None:
    """The calendar under this address, as its owner may see it now; None: it is nobody's, or its owner left.

    No page asks here for the statement of confidentiality (§8), for a calendar cannot sign one. It is not needed: the
    rows are read in the owner's own role, to which the database shows nothing of any account without a statement in
    force. Links in mails to staff lead to pages behind the sign-in, where it is asked.
    """
    digest = digest_of(token)
    with isolation.acting_as(isolation.reader(digest)):
        whose = Feed.objects.filter(digest=digest).values_list("user", flat=True).first()
    if whose is None:
        return None
    with isolation.acting_as(isolation.VISITOR):
        user = User.objects.filter(pk=whose, is_staff=True, is_active=True).first()
    if user is None:
        return None
    with isolation.acting_as(isolation.of(user)), translation.override(user.language):
        found = Clocks(kinds_for(user), at).first(MOST)
        return calendar([_event(clock) for clock in found], name=_("CannonWorks deadlines"))


def _event(clock: Clock) -> Event:
    number = f"{clock.number} × " if clock.number > 1 else ""
    place = f"{settings.SITE_URL}{clock.address}" if clock.address else ""
    lines = [
        f"{clock.kind.who.label}. §{clock.kind.clause}. {clock.reference}",
        _("Due: %(moment)s.") % {"moment": written(clock.due_at)},
        place,
    ]
    return Event(
        uid=f"{clock.name}-{clock.reference}-{clock.due_at.timestamp():.0f}@{mails.domain()}",
        starts_at=clock.due_at,
        ends_at=None,
        title=f"{number}{clock.kind.label} · {clock.short}",
        text="\n".join(filter(None, lines)),
        place="",
        stamp=clock.start,
        alarm_at=clock.alarm_at,
    )
