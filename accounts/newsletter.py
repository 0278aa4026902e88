"""Who gets the newsletter (§2, Telecommunicatiewet 11.7): on by default at sign-up, ended by one click, for ever.

An opt-out is kept as a keyed hash of the address, outside any account, from the moment it is made. So erasure has
nothing to carry over, and no import and no sign-up subscribes the address again; only its owner does.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import BinaryField, Func
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Subscriber, Suppression, User
from accounts.post import post
from cannonworks.encryption import lookup_hashes, lookup_keys
from cannonworks.errors import KeyUnavailable, Refused, is_fence
from cannonworks.pages import open_place, seal_place
from cannonworks.rates import is_too_often
from journal import services as journal

#: Of no account: no reference of one reads so.
NOBODYS = "newsletter"
#: How long the link to confirm an address works.
CONFIRM_WITHIN = timedelta(days=3)
#: Mails to one address in a day, whoever asks for them.
MAILS_A_DAY = 2
STOP, CONFIRM = "newsletter stop", "newsletter confirm"


@transaction.atomic
def set_subscription(user: User, *, wanted: bool, at: datetime, chosen: bool = False) -> bool:
    """Note whether ``user``, of an account, gets the newsletter; return whether they do from now.

    Sign-up and imports call it with what stood in their form: an earlier opt-out of the address then stands. With
    ``chosen`` the user switched it on by themselves, which lifts that. Nothing about the account changes it, nor does
    it change anything about the account. Refused for staff and helpers, who have none.
    """
    if user.account_id is None:
        raise Refused("no_account", _("The newsletter is for account holders and their users."), clause="2")
    email = user.email.lower()
    _keep_or_lift(email, wanted=wanted, chosen=chosen, at=at)
    wanted = wanted and not is_suppressed(email)
    row, is_new = Subscriber.objects.get_or_create(
        user=user, defaults={"account_id": user.account_id, "wanted": wanted, "changed_at": at}
    )
    row = Subscriber.objects.select_for_update().get(pk=row.pk)
    if is_new:
        Subscriber.objects.filter(email=email).delete()  # one mail is enough
    elif row.wanted == wanted:
        return wanted
    row.wanted, row.changed_at = wanted, at
    row.save(update_fields=["wanted", "changed_at"])
    _note_evidence(row, wanted=wanted, how="chosen" if chosen else "default", at=at)
    return wanted


def subscription_of(user: User) -> Subscriber | None:
    """The user's subscription; None: it was never asked for or refused."""
    return Subscriber.objects.filter(user=user.pk).first()


def follow_address(user: User, *, at: datetime) -> None:
    """Let an opt-out hold for the user's new address too, and let no address get everything twice."""
    row = Subscriber.objects.filter(user=user).first()
    if row is not None:
        Subscriber.objects.filter(email=user.email.lower()).delete()
        if not row.wanted:
            _suppress(user.email.lower(), at)


# --- Visitors: double opt-in, nothing stored before it -------------------------------------------------------------


def ask(address: str, *, language: str, at: datetime) -> None:
    """Mail a link with which whoever reads that mail subscribes or unsubscribes; stores nothing.

    Does the same for every address, known or not; after ``MAILS_A_DAY`` it mails no more and says nothing of it.
    """
    address = address.lower()
    if is_too_often("newsletter mail", address, most=MAILS_A_DAY, seconds=86_400):
        return
    token = seal_place([address, language, at.isoformat()], CONFIRM)
    context = {"address": settings.SITE_URL + reverse("newsletter-confirm", args=[token]), "days": CONFIRM_WITHIN.days}
    post("accounts/mail/newsletter_confirm", to=address, language=language, **context)


def opened(token: str, *, at: datetime) -> tuple[str, str] | None:
    """Address and language that a link to confirm is for; None when it is none of ours, or too old."""
    try:
        address, language, asked_at = open_place(token, CONFIRM)
    except ValueError:
        return None
    return (address, language) if at - datetime.fromisoformat(asked_at) < CONFIRM_WITHIN else None


@transaction.atomic
def confirm(token: str, *, wanted: bool, at: datetime) -> None:
    """Subscribe or unsubscribe the address for which this link was mailed. Refused when the link works no more."""
    found = opened(token, at=at)
    if found is None:
        raise Refused("link_over", _("This link does not work any more. Ask for a new one."), clause="2")
    address, language = found
    if not wanted:
        _stop(address, None, at=at)
        return
    user = User.objects.filter(email=address, account__isnull=False).first()
    if user is not None:
        set_subscription(user, wanted=True, at=at, chosen=True)
        return
    _keep_or_lift(address, wanted=True, chosen=True, at=at)
    row, is_new = Subscriber.objects.get_or_create(
        email=address, defaults={"wanted": True, "language": language, "changed_at": at}
    )
    if is_new:
        _note_evidence(row, wanted=True, how="confirmed", at=at)


# --- One click, and it is over ---------------------------------------------------------------------------------------


def stop_address(subscriber: Subscriber | None) -> str:
    """The https address that ends this subscription: sealed, so that nobody reads an address in it; it never expires.

    None: a page that ends nothing, for trials.
    """
    values = [str(subscriber.reference), subscriber.address.lower()] if subscriber else ["", ""]
    return settings.SITE_URL + reverse("newsletter-stop", args=[seal_place(values, STOP)])


def can_stop(token: str) -> bool:
    """Whether the link is one of ours."""
    try:
        return len(open_place(token, STOP)) == 2
    except ValueError:
        return False


@transaction.atomic
def stop(token: str, *, at: datetime) -> None:
    """End the subscription for which this link was made, and that of its address, also when these are apart by now.

    Idempotent, and works after the account is erased. Refused for a link that is none of ours.
    """
    if not can_stop(token):
        raise Refused("no_link", _("This link does not work. Ask for a new one."), clause="2")
    reference, address = open_place(token, STOP)
    if address:
        _stop(address, reference, at=at)


def _stop(address: str, reference: str | None, *, at: datetime) -> None:
    _suppress(address, at)
    rows = Subscriber.objects.select_related("user").filter(user__email=address)
    rows |= Subscriber.objects.select_related("user").filter(email=address)
    if reference is not None:
        rows |= Subscriber.objects.select_related("user").filter(reference=reference)
    for row in rows:
        try:
            with transaction.atomic():
                _end(row, at=at)
        except IntegrityError as error:
            if not is_fence(error):
                raise  # of an account that is being erased: the row goes by itself, what counts is kept above


def _end(row: Subscriber, *, at: datetime) -> None:
    _suppress(row.address.lower(), at)
    if row.user is None:
        _note_evidence(row, wanted=False, how="link", at=at)
        row.delete()
    elif row.wanted:
        row.wanted, row.changed_at = False, at
        row.save(update_fields=["wanted", "changed_at"])
        _note_evidence(row, wanted=False, how="link", at=at)


# --- Opt-outs --------------------------------------------------------------------------------------------------------


def is_suppressed(address: str) -> bool:
    """Whether this address wants no newsletter, by a hash under any of the keys."""
    return Suppression.objects.filter(hashed__in=lookup_hashes(address.lower(), account=NOBODYS)).exists()


def _keep_or_lift(address: str, *, wanted: bool, chosen: bool, at: datetime) -> None:
    if not wanted:
        _suppress(address, at)
    elif chosen:
        Suppression.objects.filter(hashed__in=lookup_hashes(address, account=NOBODYS)).delete()


def _suppress(address: str, at: datetime) -> None:
    current, *earlier = lookup_hashes(address, account=NOBODYS)
    if not Suppression.objects.filter(hashed__in=[current, *earlier]).exists():
        Suppression.objects.bulk_create([Suppression(hashed=current, since=at)], ignore_conflicts=True)


def rehash_opt_outs() -> int:
    """Hash the opt-outs of users who are still there under the current lookup key; how many changed."""
    changed = 0
    for row in Subscriber.objects.select_related("user").filter(wanted=False, user__isnull=False).iterator():
        current, *earlier = lookup_hashes(row.address.lower(), account=NOBODYS)
        if earlier and not Suppression.objects.filter(hashed=current).exists():
            changed += Suppression.objects.filter(hashed__in=earlier).update(hashed=current)
    return changed


def prove_opt_outs() -> int:
    """How many opt-outs are under an earlier lookup key: of whom nobody knows any more, so that this key has to stay.

    Raises KeyUnavailable when one is under a key that is not there: who opted out would be subscribed again.
    """
    marks = [bytes(key.mark) for key in lookup_keys()]
    begins = Func("hashed", 1, len(marks[0]), function="substr", output_field=BinaryField())
    rows = Suppression.objects.alias(begins=begins)
    if lost := rows.exclude(begins__in=marks).count():
        raise KeyUnavailable(
            f"{lost} opt-outs from the newsletter are under a lookup key that is gone: put it back, last in LOOKUP_KEY."
        )
    return rows.exclude(begins=marks[0]).count()


def _note_evidence(row: Subscriber, *, wanted: bool, how: str, at: datetime) -> None:
    evidence: dict[str, Any] = {"account": row.account, "actor": row.user, "clause": "2", "subscriber": row.reference}
    if wanted:
        journal.record("newsletter.wanted", **evidence, how=how, at=at)
    else:
        journal.record("newsletter.stopped", **evidence, how=how, at=at)
