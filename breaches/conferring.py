"""Consultation about a breach, within two working days of the first notice in either direction (§13).

The first notice opens it. We offer moments within the term, to one account or to all that the breach touches; the
holder takes one, asks for another, or needs none. Minutes say what §13 wants conferred about, and the main user signs
them off.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import outbox
from accounts.models import Account, User
from accounts.services import check_decides, check_staff
from breaches.announcing import announce_soon
from breaches.models import Breach, BreachReport, Consultation, Meeting
from cannonworks.deadlines import compute, kind_named
from cannonworks.errors import Refused
from journal import services as journal

#: How long a meeting lasts that a holder asks for.
USUAL = timedelta(minutes=30)


@transaction.atomic
def open_consultation(
    account: Account, *, opened_at: datetime, breach: Breach | None = None, report: BreachReport | None = None
) -> Consultation:
    """Start the clock of two working days with an account, from ``opened_at``; of a breach it has one already.

    Of a breach that the account has reported itself, the report was the first notice.
    """
    if breach is not None:
        found = Consultation.objects.filter(account=account, breach=breach).first()
        if found is not None:
            return found
    due_at = compute(kind_named("breach_consultation"), opened_at).due_at
    return Consultation.objects.create(
        account=account, breach=breach, report=report, opened_at=opened_at, due_at=due_at
    )


@transaction.atomic
def join_breach(report: BreachReport, breach: Breach) -> None:
    """Note that the consultation about a report is about this breach; one that ran already goes on with its clock.

    Of the two that are then one, the earlier notice counts.
    """
    found = Consultation.objects.select_for_update().filter(report=report).first()
    if found is None or found.breach_id == breach.pk:
        return
    other = Consultation.objects.select_for_update().filter(account=report.account, breach=breach).first()
    if other is None:
        found.breach = breach
        found.save(update_fields=["breach"])
    elif found.opened_at < other.opened_at and not other.is_over:
        other.opened_at, other.due_at = found.opened_at, found.due_at
        other.save(update_fields=["opened_at", "due_at"])


# --- Moments -----------------------------------------------------------------------------------------------------


@transaction.atomic
def offer_to_all(
    breach: Breach, *, actor: User, at: datetime, starts_at: datetime, ends_at: datetime, place: str
) -> Meeting:
    """Offer a moment to every account that the breach touches, now or later. Refused when it has begun already.

    Accounts that were told of the breach before are mailed by a worker, each once: see ``announcing``.
    """
    check_staff(actor)
    _check_in_time(Consultation.objects.filter(breach=breach), Meeting.objects.filter(breach=breach), starts_at)
    meeting = _propose(
        actor=actor, at=at, breach=breach, starts_at=starts_at, ends_at=ends_at, place=place, announced_until=0
    )
    announce_soon(meeting)
    return meeting


@transaction.atomic
def offer_to(
    consultation: Consultation, *, actor: User, at: datetime, starts_at: datetime, ends_at: datetime, place: str
) -> Meeting:
    """Offer one account a moment. The first offer must lie within the term: later ones are for who cannot make it."""
    check_staff(actor)
    consultation = _locked(consultation)
    _check_in_time(
        Consultation.objects.filter(pk=consultation.pk), Meeting.objects.about(consultation), starts_at
    )  # fmt: skip
    _mail("meeting_offered", consultation, at=at)
    return _propose(
        actor=actor, at=at, breach_id=consultation.breach_id, account=consultation.account, starts_at=starts_at,
        ends_at=ends_at, place=place,
    )  # fmt: skip


@transaction.atomic
def ask_for(consultation: Consultation, *, actor: User, at: datetime, starts_at: datetime, place: str) -> Meeting:
    """Propose a moment as a user of the account, at a place (a phone number) of the holder's; staff agree to it."""
    consultation = _taken_up(consultation, actor)
    return _propose(
        actor=actor, at=at, breach_id=consultation.breach_id, account=consultation.account, starts_at=starts_at,
        ends_at=starts_at + USUAL, place=place, is_from_holder=True,
    )  # fmt: skip


@transaction.atomic
def choose(consultation: Consultation, meeting: Meeting, *, actor: User, at: datetime) -> Consultation:
    """Take an offered moment as a user of the account; another one than before may be taken until it begins."""
    consultation = _taken_up(consultation, actor)
    if not Meeting.objects.open_to(consultation, at).filter(pk=meeting.pk).exists():
        raise Refused("not_offered", _("This moment is not there any more. Choose another."), clause="13")
    return _agree(consultation, meeting, actor=actor, at=at)


@transaction.atomic
def accept(consultation: Consultation, meeting: Meeting, *, actor: User, at: datetime) -> Consultation:
    """Agree, as staff, to a moment that the holder asked for."""
    check_staff(actor)
    consultation = _locked(consultation)
    _check_open(consultation)
    asked = meeting.is_from_holder and meeting.account_id == consultation.account_id
    if not (asked and meeting.is_open and meeting.starts_at > at):
        raise Refused("not_asked", _("The holder does not ask for this moment (any more)."), clause="13")
    return _agree(consultation, meeting, actor=actor, at=at)


@transaction.atomic
def withdraw(meeting: Meeting, *, actor: User, at: datetime) -> Meeting:
    """Take a moment back as staff; who had taken it has none again, and is told."""
    check_staff(actor)
    meeting = Meeting.objects.select_for_update().get(pk=meeting.pk)
    if not meeting.is_open:
        raise Refused("meeting_over", _("This moment was withdrawn or written up already."), clause="13")
    meeting.withdrawn_at = at
    meeting.save(update_fields=["withdrawn_at"])
    _mail("meeting_withdrawn", *meeting.consultations.select_related("account"), at=at)
    meeting.consultations.update(meeting=None, agreed_at=None)
    _record("consultation.withdrawn", meeting.account, actor, meeting=meeting.reference)
    return meeting


# --- What came of it ---------------------------------------------------------------------------------------------


@transaction.atomic
def write_up(
    meeting: Meeting, *, actor: User, at: datetime, nature: str, risk: str, measures: str,
    absent: Collection[Consultation] = (),
) -> Meeting:  # fmt: skip
    """Write the minutes, once, and note for whoever agreed to the meeting and came that it was held.

    ValidationError when one of the three is missing; Refused before it began.
    """
    check_staff(actor)
    meeting = Meeting.objects.select_for_update().get(pk=meeting.pk)
    if not meeting.is_open:
        raise Refused("meeting_over", _("This moment was withdrawn or written up already."), clause="13")
    if meeting.starts_at > at:
        raise Refused("not_begun", _("This meeting has not begun yet."), clause="13")
    _write(meeting, actor=actor, at=at, nature=nature, risk=risk, measures=measures)
    came = meeting.consultations.exclude(pk__in=[each.pk for each in absent])
    held = came.update(held_at=meeting.starts_at, lapsed_at=None)
    meeting.consultations.filter(held_at=None).update(meeting=None, agreed_at=None)
    _mail("minutes_ready", *meeting.consultations.select_related("account"), at=at)
    _record("consultation.held", meeting.account, actor, meeting=meeting.reference, accounts=held)
    return meeting


@transaction.atomic
def record_talk(
    consultation: Consultation, *, actor: User, at: datetime, starts_at: datetime, ends_at: datetime, place: str,
    nature: str, risk: str, measures: str,
) -> Consultation:  # fmt: skip
    """Record a talk that was not planned, by phone perhaps, with its minutes."""
    check_staff(actor)
    consultation = _locked(consultation)
    _check_open(consultation)
    if ends_at > at:
        raise Refused("not_over", _("This is still to come: offer it as a moment."), clause="13")
    meeting = Meeting(
        breach_id=consultation.breach_id, account=consultation.account, proposed_by=actor.reference,
        starts_at=starts_at, ends_at=ends_at, place=place,
    )  # fmt: skip
    _write(meeting, actor=actor, at=at, nature=nature, risk=risk, measures=measures)
    consultation.meeting, consultation.agreed_at, consultation.held_at = meeting, starts_at, starts_at
    consultation.lapsed_at = None
    consultation.save(update_fields=["meeting", "agreed_at", "held_at", "lapsed_at"])
    _record("consultation.held", consultation.account, actor, meeting=meeting.reference, accounts=1)
    _mail("minutes_ready", consultation, at=at)
    return consultation


@transaction.atomic
def sign_off(consultation: Consultation, *, actor: User, at: datetime) -> Consultation:
    """Say as the main user that the minutes are right."""
    consultation = _locked(consultation)
    check_decides(actor, consultation.account)
    if consultation.held_at is None:
        raise Refused("no_minutes", _("There are no minutes yet."), clause="13")
    if consultation.signed_at is None:
        consultation.signed_at, consultation.signed_by = at, actor.reference
        consultation.save(update_fields=["signed_at", "signed_by"])
        _record("consultation.signed", consultation.account, actor, consultation=consultation.reference)
    return consultation


@transaction.atomic
def waive(consultation: Consultation, *, actor: User, at: datetime) -> Consultation:
    """Say as the main user that no consultation is needed; taking a moment later takes this back."""
    consultation = _locked(consultation)
    check_decides(actor, consultation.account)
    _check_open(consultation)
    consultation.waived_at, consultation.waived_by = at, actor.reference
    consultation.meeting = consultation.agreed_at = None
    consultation.save(update_fields=["waived_at", "waived_by", "meeting", "agreed_at"])
    _record("consultation.waived", consultation.account, actor, consultation=consultation.reference)
    return consultation


@transaction.atomic
def let_lapse(*, at: datetime) -> int:
    """End the wait for holders who took none of the moments offered within the term; return how many. Twice is once."""
    lapsed = Consultation.objects.untaken(at).update(lapsed_at=at)
    if lapsed:
        journal.record("consultation.lapsed", clause="13", accounts=lapsed)
    return lapsed


# --- Inside ------------------------------------------------------------------------------------------------------


def _propose(*, actor: User, at: datetime, **said: Any) -> Meeting:
    if said["starts_at"] <= at:
        raise Refused("in_the_past", _("This moment is over. Choose one that is still to come."), clause="13")
    meeting = Meeting(proposed_by=actor.reference, **said)
    meeting.full_clean(exclude=["breach"])  # of which the holder may not have been told yet
    meeting.save(force_insert=True)
    _record("consultation.proposed", meeting.account, actor, meeting=meeting.reference, starts_at=meeting.starts_at)
    return meeting


def _check_in_time(consultations: Any, given: Any, starts_at: datetime) -> None:
    """Refuse a first offer after the term of everyone it is for (§13): two working days from the first notice."""
    last = consultations.open().order_by("-due_at").first()
    if last is None or starts_at < last.due_at:
        return
    if given.offered().filter(starts_at__gt=last.opened_at, starts_at__lt=last.due_at).exists():
        return
    raise Refused(
        "after_the_term", _("First offer a moment within the two working days; after that, later ones too."),
        clause="13",
    )  # fmt: skip


def _locked(consultation: Consultation) -> Consultation:
    rows = Consultation.objects.select_for_update(of=("self",)).select_related("account", "breach")
    return rows.get(pk=consultation.pk)


def _check_open(consultation: Consultation) -> None:
    if consultation.held_at is not None:
        raise Refused("held", _("We have conferred about this already."), clause="13")


def _taken_up(consultation: Consultation, actor: User) -> Consultation:
    consultation = _locked(consultation)
    if actor.account_id != consultation.account_id:
        raise Refused("not_yours", _("This is of another account."), clause="13")
    _check_open(consultation)
    return consultation


def _agree(consultation: Consultation, meeting: Meeting, *, actor: User, at: datetime) -> Consultation:
    consultation.meeting, consultation.agreed_at = meeting, at
    consultation.waived_at = consultation.waived_by = consultation.lapsed_at = None
    consultation.save(update_fields=["meeting", "agreed_at", "waived_at", "waived_by", "lapsed_at"])
    _record(
        "consultation.agreed", consultation.account, actor, consultation=consultation.reference,
        starts_at=meeting.starts_at,
    )  # fmt: skip
    _mail("meeting_agreed", consultation, at=at)
    return consultation


def _write(meeting: Meeting, *, actor: User, at: datetime, **minutes: str) -> None:
    empty = {name: _("Write down what was said about this.") for name, text in minutes.items() if not text.strip()}
    if empty:
        raise ValidationError(empty)
    for name, text in minutes.items():
        setattr(meeting, name, text.strip())
    meeting.minuted_by, meeting.minuted_at = actor.reference, at
    meeting.full_clean()
    meeting.save()


def _mail(name: str, *consultations: Consultation, at: datetime) -> None:
    outbox.plan_all(f"breaches/{name}", [(each.reference, each.account) for each in consultations], at=at)


def _record(event: str, account: Account | None, actor: User, **facts: Any) -> None:
    journal.record(event, account=account, actor=actor, clause="13", **facts)
