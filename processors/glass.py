"""Access to the database for a calamity or an upgrade (§10): asked, approved by another, made, ended, accounted for.

Logins are made and ended by functions of the database, which ask again what is asked here. That none outlives its end
is held by row security, for which neither the web nor a worker has to be up; see ``cannonworks.glass``.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils.translation import gettext as _

from accounts import outbox
from accounts.models import Account, User
from cannonworks.errors import Refused
from journal import services as journal
from processors.models import Glass, GlassAccount, GlassStage

ASK, APPROVE = "processors.add_glass", "processors.approve_glass"


@dataclass(frozen=True)
class Login:
    """What an administrator logs in to the database with; the password is nowhere else, and is shown once."""

    name: str
    password: str = field(repr=False)
    ends_at: datetime | None


@transaction.atomic
def ask(
    *,
    actor: User,
    ground: str,
    reason: str,
    accounts: Collection[Account],
    is_whole: bool,
    may_write: bool,
    hours: int,
    at: datetime,
) -> Glass:
    """Ask for access to ``accounts``, or to all when ``is_whole``; whoever may approve gets a mail at once.

    ValidationError for bad input; Refused without accounts, and for whose role does not ask.
    """
    _check_may(actor, ASK)
    if bool(accounts) == is_whole:
        raise Refused("no_accounts", _("Choose accounts, or the whole database: one of the two."), clause="10")
    made = Glass(
        ground=ground, reason=reason, is_whole=is_whole, may_write=may_write, hours=hours, asked_by=actor.reference,
        asked_at=at,
    )  # fmt: skip
    made.full_clean()
    made.save(force_insert=True)
    GlassAccount.objects.bulk_create(GlassAccount(glass=made, account=account) for account in accounts)
    journal.record(
        "glass.asked", actor=actor, clause="10", glass=made.reference, ground=ground, reason=reason, hours=hours,
        may_write=may_write, accounts=None if is_whole else len(accounts),
    )  # fmt: skip
    outbox.tell_staff(APPROVE, "processors/glass_asked", about=made.reference, account=None, at=at)
    return made


@transaction.atomic
def approve(glass: Glass, *, actor: User, at: datetime) -> Glass:
    """Approve it, as somebody else than who asked. Refused when it is decided or lapsed."""
    glass = _lock_undecided(glass, actor, at)
    if glass.asked_by == actor.reference:
        raise Refused("second_person", _("Somebody else approves this: you asked for it yourself."), clause="10")
    glass.approved_by, glass.approved_at = actor.reference, at
    glass.save(update_fields=["approved_by", "approved_at"])
    journal.record("glass.approved", actor=actor, clause="10", glass=glass.reference)
    _tell_who_asked(glass, at)
    return glass


@transaction.atomic
def refuse(glass: Glass, *, actor: User, at: datetime) -> Glass:
    """Refuse it, or take it back when it is your own. Refused when it is decided or lapsed."""
    glass = _lock_undecided(glass, actor, at)
    glass.refused_by, glass.refused_at = actor.reference, at
    glass.save(update_fields=["refused_by", "refused_at"])
    journal.record("glass.refused", actor=actor, clause="10", glass=glass.reference)
    if glass.asked_by != actor.reference:
        _tell_who_asked(glass, at)
    return glass


@transaction.atomic
def open_login(glass: Glass, *, actor: User, at: datetime) -> Login:
    """Make the login, for who asked, once; its hours begin now. The caller saw to it that identity was proven afresh.

    Refused when it is not approved, lapsed, or made before. Journals it; the password is not kept anywhere.
    """
    glass = Glass.objects.select_for_update().get(pk=glass.pk)
    if glass.asked_by != actor.reference:
        raise Refused("not_yours", _("The login is for who asked for it."), clause="10")
    _check_may(actor, ASK)
    if glass.stage(at) != GlassStage.APPROVED:
        raise Refused("not_approved", _("There is no login to get: it is not approved, or over."), clause="10")
    password = secrets.token_urlsafe(24)
    name = _made(glass, password)
    glass.refresh_from_db()
    journal.record("glass.opened", actor=actor, clause="10", glass=glass.reference, login=name, until=glass.ends_at)
    return Login(name, password, glass.ends_at)


def _made(glass: Glass, password: str) -> str:
    connection.ensure_connection()
    # As the server stores it: what a statement says may be logged.
    verifier = connection.connection.pgconn.encrypt_password(password.encode(), b"", b"scram-sha-256").decode()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT processors_glass_open(%s, %s)", [glass.reference, verifier])
            return str(cursor.fetchone()[0])
    except IntegrityError as error:
        raise Refused("not_approved", _("The database makes no login for this access."), clause="10") from error
    except ProgrammingError as error:
        raise Refused(
            "no_createrole", _("The owner of the database may make no logins: ALTER ROLE … CREATEROLE."), clause="10"
        ) from error


@transaction.atomic
def end(glass: Glass, *, actor: User | None = None, early: bool = False) -> bool:
    """End the login when its time is over, or ``early``; whether nothing is left of it. May be said again and again.

    From then on it sees nothing. The role itself goes once the end is committed and its sessions are gone.
    """
    was_open = Glass.objects.filter(pk=glass.pk, closed_at__isnull=True, opened_at__isnull=False).exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT processors_glass_end(%s, %s)", [glass.reference, early])
        is_gone = bool(cursor.fetchone()[0])
    glass.refresh_from_db()
    if was_open and glass.closed_at is not None:
        journal.record(
            "glass.closed", actor=actor, clause="10", glass=glass.reference, early=glass.closed_at != glass.ends_at,
            changes=glass.changes.count(),
        )  # fmt: skip
    return is_gone


@transaction.atomic
def account_for(glass: Glass, *, actor: User, done: str, at: datetime) -> Glass:
    """Say what was done, and close the access if it is open; then the holders affected are told (§10).

    ``done`` is what they read. ValidationError when it is missing or tells who somebody is; Refused when it was said.
    """
    _check_may(actor, ASK, APPROVE)
    if Glass.objects.not_over().filter(pk=glass.pk).exists():
        end(glass, actor=actor, early=True)
    glass = Glass.objects.select_for_update().get(pk=glass.pk)
    if glass.closed_at is None or glass.accounted_at is not None:
        raise Refused("not_over", _("There is nothing to account for, or it was done."), clause="10")
    if not done.strip():
        raise Refused("no_words", _("Say what was done: the account holders read it."), clause="10")
    glass.done, glass.accounted_by, glass.accounted_at = done.strip(), actor.reference, at
    glass.full_clean()
    glass.save(update_fields=["done", "accounted_by", "accounted_at"])
    journal.record("glass.accounted", actor=actor, clause="10", glass=glass.reference, done=glass.done)
    return glass


def tend() -> int:
    """End what is over and remove what is left of it; how many logins there still are. Each in its own transaction."""
    return sum(not end(glass) for glass in Glass.objects.to_drop().order_by("pk"))


def _lock_undecided(glass: Glass, actor: User, at: datetime) -> Glass:
    glass = Glass.objects.select_for_update().get(pk=glass.pk)
    if glass.asked_by != actor.reference:
        _check_may(actor, APPROVE)
    if glass.stage(at) != GlassStage.ASKED:
        raise Refused("decided", _("This was decided already, or it lapsed."), clause="10")
    return glass


def _tell_who_asked(glass: Glass, at: datetime) -> None:
    outbox.plan("processors/glass_decided", about=glass.reference, account=None, at=at, reader=glass.asked_by)


def _check_may(actor: User, *permissions: Any) -> None:
    if not (actor.is_staff and any(actor.has_perm(permission) for permission in permissions)):
        raise Refused("no_such_role", _("Your role has no part in emergency access."), clause="10")
