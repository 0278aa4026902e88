"""Devices that sign in by themselves, by a token that is shown once and kept as a digest (§1)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _
from knox.crypto import hash_token
from knox.models import get_digest_token

from accounts.models import DeviceToken, User
from accounts.services import check_not_going, lock
from accounts.states import State
from cannonworks.errors import Refused
from journal import services as journal

#: How exactly the last use of a device is known.
USE_NOTED_EVERY = timedelta(minutes=1)


@transaction.atomic
def make_token(user: User, *, name: str, at: datetime) -> tuple[DeviceToken, str]:
    """Let a device sign in by itself (§1): its row, and the token, which is nowhere kept and never shown again.

    Refused for staff, for an account that is going, and past ``DEVICE_TOKENS_PER_USER``. Locks the account.
    """
    if user.account is None:
        raise Refused("staff_sign_in", _("Staff sign in themselves, each time."), clause="7")
    account = lock(user.account)
    check_not_going(account)
    mine = DeviceToken.objects.of(user)
    mine.expired(at).delete()
    if mine.count() >= settings.DEVICE_TOKENS_PER_USER:
        raise Refused(
            "too_many_devices",
            _("You have %(count)s devices already. Remove one first.") % {"count": settings.DEVICE_TOKENS_PER_USER},
            clause="1",
        )
    digest, token = get_digest_token()
    expiry = at + timedelta(days=settings.DEVICE_TOKEN_DAYS)
    row = DeviceToken(user=user, account=account, name=name, created=at, expiry=expiry, digest=digest)
    row.full_clean(exclude=["user", "account", "digest"])
    row.save(force_insert=True)
    journal.record("token.made", account=account, actor=user, clause="1", token=row.reference, expires_at=expiry)
    return row, token


@transaction.atomic
def revoke_token(row: DeviceToken, *, actor: User) -> None:
    """Take a device's token away; from this moment it signs nobody in. Does nothing when it has gone already."""
    if DeviceToken.objects.of(actor).filter(reference=row.reference).delete()[0]:
        journal.record("token.revoked", account=actor.account, actor=actor, clause="1", token=row.reference)


@transaction.atomic
def revoke_tokens(user: User) -> int:
    """Take all device tokens of a user away, as when the password changes, and return how many there were."""
    if user.account_id is None:
        return 0  # only holders have devices
    if count := DeviceToken.objects.of(user).delete()[0]:
        journal.record("tokens.revoked", account=user.account, actor=user, clause="1", count=count)
    return count


def find_token(token: str, *, at: datetime) -> DeviceToken | None:
    """The row of a token that counts at ``at``, with its user and account; None for any other, by one query.

    A token does not count when it is unknown, revoked or expired, when its user may not sign in any more, and from
    the moment that its account is claimed for erasure.
    """
    return (
        DeviceToken.objects.valid(at)
        .filter(digest=hash_token(token), user__is_active=True, user__is_staff=False)
        .filter(account__claimed_at__isnull=True, user__account=F("account"))
        .exclude(account__state=State.ERASED)
        .select_related("user__account")
        .defer("user__password")
        .first()
    )


def note_use(row: DeviceToken, *, at: datetime) -> None:
    """Note when a device was last used: one write a minute at most, also when it sends many requests at once."""
    before = at - USE_NOTED_EVERY
    if row.last_used_at is None or row.last_used_at <= before:
        older = Q(last_used_at__isnull=True) | Q(last_used_at__lte=before)
        with transaction.atomic():  # the fence: its refusal leaves the rest of the request its transaction
            DeviceToken.objects.filter(older, pk=row.pk).update(last_used_at=at)
