"""The terms: written as drafts, published in versions, announced, and shown until acknowledged (§21)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Q, Subquery
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts import tasks
from accounts.models import Heed, TermsAcknowledgement, TermsVersion, User
from cannonworks.deadlines import local_date
from cannonworks.errors import Refused
from cannonworks.prose import Section, differences
from cannonworks.signing import canonical
from journal import services as journal

#: Whoever acknowledged or accepted a version knows it; to have been shown it is not enough.
KNOWS = (Heed.ACKNOWLEDGED, Heed.ACCEPTED)


@dataclass(frozen=True)
class News:
    """What a user has not acknowledged: the version in force, the one known before, and those between, oldest first."""

    version: TermsVersion
    known: TermsVersion | None
    versions: tuple[TermsVersion, ...]

    @property
    def sections(self) -> list[Section]:
        """What changed in the text since the known version, in the reader's language; nothing for who knew none."""
        return differences(self.known.text, self.version.text) if self.known else []


# --- Which version counts ------------------------------------------------------------------------------------
def in_force(on: date) -> TermsVersion:
    """The version that counts on the Amsterdam day ``on``; one query. Refused when none was ever published."""
    version = TermsVersion.objects.effective(on).first()
    if version is None:
        raise Refused("no_terms", _("There are no terms yet. Run manage.py migrate, which publishes the first ones."))
    return version


def to_acknowledge(user: User, on: date) -> TermsVersion | None:
    """The version in force if the user neither acknowledged nor accepted it, or a later one; one query, no texts.

    What the account's main user accepted at sign-up counts for colleagues too. None for staff and helpers.
    """
    if user.account_id is None:
        return None
    known = Subquery(_heeded_by(user).values("account").annotate(last=Max("version__number")).values("last"))
    version = TermsVersion.objects.effective(on).without_words().annotate(known=known).first()
    return version if version and (version.known or 0) < version.number else None


def news(user: User, on: date) -> News | None:
    """All that the page of changes shows the user; None when there is nothing to acknowledge."""
    version = to_acknowledge(user, on)
    if version is None:
        return None
    number = version.known or 0  # type: ignore[attr-defined]  # annotated
    between = TermsVersion.objects.published().filter(number__gte=number, number__lte=version.number)
    versions = tuple(between.order_by("number"))
    known = next((each for each in versions if each.number == number), None)
    return News(versions[-1], known, tuple(each for each in versions if each is not known))


def _heeded_by(user: User) -> Any:
    own = Q(user=user.reference, kind__in=KNOWS)
    return TermsAcknowledgement.objects.filter(own | Q(kind=Heed.ACCEPTED), account=user.account_id).order_by()


# --- Evidence of who knows what ------------------------------------------------------------------------------
def see(version: TermsVersion, user: User, at: datetime) -> bool:
    """Note that the user was shown the version; True the first time. Idempotent."""
    return _heed(version, user, Heed.SEEN, at)


def acknowledge(version: TermsVersion, user: User, at: datetime) -> bool:
    """Note that the user says to have read the version (§21); True the first time. Idempotent.

    Refused for a version that is not in force yet, and for who has no account.
    """
    if version.number != 1 and (version.effective_on is None or version.effective_on > local_date(at)):
        raise Refused("not_in_force", _("This version of the terms is not in force yet."), clause="21")
    return _heed(version, user, Heed.ACKNOWLEDGED, at, event="terms.acknowledged")


def accept(version: TermsVersion, user: User, at: datetime) -> bool:
    """Note that the user accepted the version in signing up (§1, §21), by date and digest; True the first time.

    The caller's role may be the visitor's: nothing is read.
    """
    return _heed(version, user, Heed.ACCEPTED, at, event="terms.accepted")


@transaction.atomic
def _heed(version: TermsVersion, user: User, kind: Heed, at: datetime, *, event: str = "") -> bool:
    if user.account is None:
        raise Refused("no_account", _("The terms are between CannonWorks and the users of an account."), clause="21")
    with connection.cursor() as cursor:  # not by the ORM, which asks the row back: a visitor may not read it
        cursor.execute(
            'INSERT INTO accounts_termsacknowledgement (version_id, account_id, "user", kind, at)'
            " VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [version.pk, user.account_id, user.reference, kind.value, at],
        )
        is_first = cursor.rowcount == 1
    if is_first and event:
        journal.record(
            event, account=user.account, actor=user, clause="21", version=version.number, digest=version.digest
        )
    return is_first


# --- What staff do -------------------------------------------------------------------------------------------
@transaction.atomic
def write_draft(fields: Mapping[str, Any], *, actor: User, draft: TermsVersion | None = None) -> TermsVersion:
    """Make a draft, or change ``draft``: ``effective_on`` and ``TermsVersion.WORDS``. Refused once it is published."""
    _check_may(actor, "change_termsversion")
    row = TermsVersion() if draft is None else _locked(draft)
    _check_draft(row)
    for name in ("effective_on", *TermsVersion.WORDS):
        setattr(row, name, fields[name])
    row.full_clean()
    row.save()
    journal.record("terms.drafted", actor=actor, clause="21", draft=row.pk)
    return row


@transaction.atomic
def publish(version: TermsVersion, actor: User, at: datetime) -> TermsVersion:
    """Give a draft its number and digest, and make it unchangeable; it counts from its day on (§21).

    Locks all versions. Refused when it is not whole, or its day is past or before that of the version before it.
    """
    _check_may(actor, "publish_termsversion")
    others = list(TermsVersion.objects.published().without_words().select_for_update())
    row = _locked(version)
    _check_draft(row)
    _check_whole(row)
    _check_day(row, after=others[0] if others else None, on=local_date(at))
    _finish(row, number=(others[0].number or 0) + 1 if others else 1, actor=actor, at=at)
    journal.record(
        "terms.published", actor=actor, clause="21", version=row.number, digest=row.digest,
        effective_on=row.effective_on,
    )  # fmt: skip
    return row


@transaction.atomic
def announce(version: TermsVersion, actor: User, at: datetime) -> TermsVersion:
    """Have the version mailed to the main user of every account before it counts (§21); a worker sends.

    Refused for a draft, for a version in force, and the second time.
    """
    _check_may(actor, "publish_termsversion")
    row = _locked(version)
    if row.published_at is None or row.effective_on is None:
        raise Refused("not_published", _("Publish this version first; then it can be announced."), clause="21")
    if row.effective_on <= local_date(at):
        raise Refused("in_force", _("This version is in force already: users are shown it when they sign in."))
    if row.announced_at is not None:
        raise Refused("announced", _("This version has been announced already."), clause="21")
    row.announced_at = at
    row.save(update_fields=["announced_at"])
    journal.record("terms.announced", actor=actor, clause="21", version=row.number)
    transaction.on_commit(lambda: tasks.announce_terms.delay(), robust=True)  # else the next beat does it
    return row


def publish_first(words: Callable[[], Mapping[str, str]], *, effective_on: date, at: datetime) -> TermsVersion | None:
    """Publish the version that comes with the product, by nobody; None when a version is there already. Idempotent."""
    if TermsVersion.objects.published().exists():
        return None
    row = TermsVersion(effective_on=effective_on, **words())
    _finish(row, number=1, actor=None, at=at)
    return row


def digest_of(row: TermsVersion) -> str:
    """``sha256:…`` over the texts and summaries in both languages."""
    words = canonical({name: getattr(row, name) for name in TermsVersion.WORDS})
    return f"sha256:{hashlib.sha256(words).hexdigest()}"


def _finish(row: TermsVersion, *, number: int, actor: User | None, at: datetime) -> None:
    row.number, row.published_at, row.published_by, row.digest = number, at, actor, digest_of(row)
    row.save()


def _locked(version: TermsVersion) -> TermsVersion:
    return TermsVersion.objects.select_for_update().get(pk=version.pk)


def _check_draft(row: TermsVersion) -> None:
    if row.published_at is not None:
        raise Refused("published", _("A published version never changes. Write a new one instead."), clause="21")


def _check_whole(row: TermsVersion) -> None:
    empty = [name for name in ("effective_on", *TermsVersion.WORDS) if not str(getattr(row, name) or "").strip()]
    if empty:
        names = ", ".join(str(getattr(row._meta.get_field(name), "verbose_name", name)) for name in empty)
        raise Refused("not_whole", _("Fill in first: %(names)s.") % {"names": names}, clause="21")


def _check_day(row: TermsVersion, *, after: TermsVersion | None, on: date) -> None:
    assert row.effective_on is not None  # noqa: S101  checked before
    if row.effective_on < on:
        raise Refused("in_the_past", _("Terms cannot come into force on a day that is past."), clause="21")
    if after and after.effective_on and row.effective_on < after.effective_on:
        day = date_format(after.effective_on, "j F Y")
        raise Refused(
            "before_the_last",
            _("%(version)s comes into force on %(day)s; a later version cannot come before it.")
            % {"version": after, "day": day},
            clause="21",
        )


def _check_may(actor: User, permission: str) -> None:
    if not (actor.is_staff and actor.has_perm(f"accounts.{permission}")):
        raise Refused("no_such_role", _("Your role does not write the terms."), clause="21")
