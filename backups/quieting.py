"""What a restored database must not do: let in who was let in then, and mail what was mailed long since (§14)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import (
    DeviceToken,
    Invitation,
    MailState,
    NewsletterMail,
    PlannedMail,
    Session,
    TermsAnnouncement,
    User,
)
from finance.models import Mailing, MailingState, ShareLink
from processors.models import ChangeMail
from retention.models import ErasureWarning

#: What is done with what is found, at that moment; how many it was.
Deed = Callable[[QuerySet[Any], datetime], int]


def _delete(rows: QuerySet[Any], at: datetime) -> int:
    return rows.delete()[0]


def _fail(rows: QuerySet[Any], at: datetime) -> int:
    """The account holder sees it, and sends it again or not: only they know whether it came."""
    return rows.update(state=MailingState.FAILED, failure=_("a backup was restored"))


def _unknown(rows: QuerySet[Any], at: datetime) -> int:
    """It may have gone, so it never goes again: the state is made for that."""
    return rows.update(state=MailState.BEGUN, state_at=at)


def _revoke(rows: QuerySet[Any], at: datetime) -> int:
    return rows.update(revoked_at=at)


def _end(rows: QuerySet[Any], at: datetime) -> int:
    return rows.update(expires_at=at)


def _forget_resets(rows: QuerySet[Any], at: datetime) -> int:
    """A link to choose a new password holds until its user signs in; here that counts as done."""
    return rows.update(last_login=at)


def void_entrances(*, at: datetime) -> dict[str, int]:
    """End every session, device, link and invitation: what was ended since the backup must not live again.

    How many of each. Everybody signs in anew, with the password that they had then.
    """
    doors: dict[str, tuple[QuerySet[Any], Deed]] = {
        "sessions": (Session.objects.all(), _delete),
        "devices": (DeviceToken.objects.all(), _delete),
        "links": (ShareLink.objects.filter(revoked_at=None, expires_at__gt=at), _revoke),
        "invitations": (Invitation.objects.filter(expires_at__gt=at, sent_at__lt=at), _end),
        "calendars": (apps.get_model("board.Feed").objects.all(), _delete),  # of a layer above
        "password links": (User.objects.filter(is_active=True), _forget_resets),
    }
    return {name: deed(rows, at) for name, (rows, deed) in doors.items()}


def still_mails(*, at: datetime) -> dict[str, int]:
    """Let no mail go again that waited when the backup was made; how many of each kind stayed behind.

    Notices of breaches wait on: each is the same message again, and one too many is better than none (§13). Statements
    of erasure go where the ledger does not say that it was proven (``retention.again.forget_addresses``).
    """
    boxes: dict[str, tuple[QuerySet[Any], Deed]] = {
        "warnings of erasure": (ErasureWarning.objects.filter(sent_at=None), _delete),
        "mails about requests": (PlannedMail.objects.filter(sent_at=None), _delete),
        "announcements of terms": (TermsAnnouncement.objects.filter(sent_at=None), _delete),
        "announcements of sub-processors": (ChangeMail.objects.filter(sent_at=None), _delete),
        "documents": (Mailing.objects.filter(state=MailingState.WAITING), _fail),
        "newsletters": (NewsletterMail.objects.filter(state=MailState.WAITING), _unknown),
    }
    return {name: deed(rows, at) for name, (rows, deed) in boxes.items()}
