"""Confidentiality of staff and helpers (§8): who signed, here or on paper, and until when that counts.

Nobody of them sees anything without a statement in force: ``middleware`` sends them to the page where it is signed, and
the database shows their role no row of any account (``privacy.BOUND``).
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.core.files import File
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import papers
from accounts.access import needs_second_factor
from accounts.models import PaperKind, Session, User
from cannonworks import isolation
from cannonworks.deadlines import compute, start_of_day
from cannonworks.errors import Refused
from journal import services as journal
from processors import promised
from processors.models import Statement


def is_bound(user: User, *, on: date) -> bool:
    """Whether a statement of this member of staff or helper is in force on ``on``."""
    return Statement.objects.in_force(on).filter(user=user.pk).exists()


def asked() -> QuerySet[User]:
    """Staff and helpers who may sign in: all who are asked to keep quiet."""
    return User.objects.filter(Q(is_staff=True) | Q(is_helper=True), account=None, is_active=True).order_by("pk")


def unsigned(*, on: date) -> QuerySet[User]:
    """Of these, whoever has no statement in force on ``on`` and so sees nothing."""
    return asked().filter(~Exists(Statement.objects.in_force(on).filter(user=OuterRef("pk"))))


def must_sign_again(user: User, *, on: date) -> bool:
    """Whether what they signed are earlier words, which count until the term for signing the new ones is over."""
    return Statement.objects.in_force(on).filter(digest__in=promised.earlier()).filter(user=user.pk).exists()


@transaction.atomic
def sign_here(user: User, *, digest: str, at: datetime) -> Statement:
    """Sign the words of ``digest``, which are those that count now; it counts at once (§8).

    The caller has proven afresh who it is. Refused for holders, for other words, and for whoever has signed these.
    Locks the user, so that two at once make one. An earlier statement ends with the day.
    """
    if not needs_second_factor(user):
        raise Refused("not_asked", _("Staff and helpers sign this; you need not."), clause="8")
    if digest != promised.current().digest:
        why = _("The words have changed since you opened this page. Read them again.")
        raise Refused("other_words", why, clause="8")
    with isolation.acting_as(isolation.JOBS):  # no role of a person may write what it is bound by
        made = _enter(user, signed_on=timezone.localdate(at), digest=digest, noted_at=at)
        journal.record("statement.signed", actor=user, clause="8", statement=made.reference, digest=digest)
    return made


@transaction.atomic
def note_on_paper(user: User, *, actor: User, file: File, signed_on: date, at: datetime) -> Statement:
    """Keep the signed paper of a member of staff or a helper, sealed; it counts from the day on it (§8).

    Refused for a day to come, for one's own paper, for holders, and for a file that is no paper.
    """
    check_keeps(actor, "add_statement")
    if not needs_second_factor(user):
        raise Refused("not_asked", _("Staff and helpers sign this; this is neither."), clause="8")
    if user.pk == actor.pk:
        raise Refused("own_paper", _("You cannot note your own paper: sign on the page instead."), clause="8")
    if signed_on > timezone.localdate(at):
        raise Refused("not_yet", _("This day has yet to come."), clause="8")
    paper = papers.keep(file, kind=PaperKind.STATEMENT, actor=actor, at=at, clause="8")
    made = _enter(user, signed_on=signed_on, paper=paper, noted_by=actor.reference, noted_at=at)
    journal.record(
        "statement.noted", actor=actor, clause="8", of=user.reference, statement=made.reference, signed_on=signed_on,
        digest=paper.digest,
    )  # fmt: skip
    return made


@transaction.atomic
def end_statement(statement: Statement, *, actor: User, at: datetime) -> Statement:
    """End a statement today: from now its signer sees nothing and is signed out everywhere. Refused when it ended."""
    check_keeps(actor, "change_statement")
    row = Statement.objects.select_for_update().get(pk=statement.pk)
    if row.ended_on is not None:
        raise Refused("ended", _("This statement has ended already."), clause="8")
    _end(row, on=max(timezone.localdate(at), row.signed_on))
    journal.record("statement.ended", actor=actor, clause="8", of=_signer(row), statement=row.reference)
    return row


@transaction.atomic
def end_outdated(*, at: datetime) -> int:
    """End statements under earlier words of which the term is over; returns how many. Safe to run twice (§8)."""
    if at < compute(promised.AGAIN, start_of_day(promised.current().since)).due_at:
        return 0
    waiting = Statement.objects.filter(digest__in=promised.earlier(), ended_on__isnull=True)
    for row in (rows := list(waiting.select_for_update(skip_locked=True))):
        _end(row, on=max(timezone.localdate(at), row.signed_on))
        journal.record("statement.outdated", clause="8", of=_signer(row), statement=row.reference)
    return len(rows)


def check_keeps(actor: User, permission: str) -> None:
    """Refused when the role of the actor does not keep these registers."""
    if not (actor.is_staff and actor.has_perm(f"processors.{permission}")):
        raise Refused("no_such_role", _("Your role does not keep this register."), clause="8")


def _enter(user: User, *, signed_on: date, **more: object) -> Statement:
    User.objects.select_for_update().only("pk").get(pk=user.pk)
    if more.get("digest") and Statement.objects.in_force(signed_on).filter(user=user, digest=more["digest"]).exists():
        raise Refused("signed", _("You have signed these words."), clause="8")
    for earlier in Statement.objects.filter(user=user, ended_on__isnull=True):
        earlier.ended_on = max(signed_on, earlier.signed_on)
        earlier.save(update_fields=["ended_on"])
    made = Statement(user=user, signed_on=signed_on, **more)
    made.full_clean()
    made.save(force_insert=True)
    return made


def _signer(row: Statement) -> UUID:
    return User.objects.values_list("reference", flat=True).get(pk=row.user_id)


def _end(row: Statement, *, on: date) -> None:
    row.ended_on = on
    row.save(update_fields=["ended_on"])
    with isolation.acting_as(isolation.JOBS):  # nobody sees the sessions of another
        Session.objects.filter(user=row.user_id).delete()
