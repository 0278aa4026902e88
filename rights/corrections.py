"""Corrections (§16): staff propose old → new, the main user confirms it in the app, and only then staff apply it.

What a holder can change is not corrected by us. The rows that are corrected are read and written with the rights of
jobs, for as long as that takes, since staff have none on them; who may is decided here, and by the database
(``rights_guard_correction``).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import newsletter, outbox, roles, signing_in, support
from accounts.models import Account, Company, User
from accounts.services import check_decides, check_not_going, check_staff, lock
from cannonworks import isolation
from cannonworks.deadlines import compute, kind_named
from cannonworks.errors import Refused
from journal import services as journal
from rights.correctable import EMAIL, Correctable, correctable, name_of, reference_of
from rights.models import Correction, CorrectionWords
from rights.states import CORRECTION_STEPS, CorrectionState, move


@transaction.atomic
def propose_correction(
    account: Account, *, actor: User, what: str, of: UUID, new: str, why: str, at: datetime
) -> Correction:
    """Put a change before the main user, who is mailed; it lapses after 14 days (§16). Locks the account.

    ``what`` is a key of ``CORRECTABLE``, ``of`` the row's reference. ValidationError for a value that cannot be.
    Refused while the account is not open to the actor, for what its people change themselves, and for what is proposed.
    """
    account = lock(account)
    check_staff(actor)
    check_not_going(account)
    access = support.look(account, actor=actor, page="correction", at=at)
    field = _known(what)
    with isolation.acting_as(isolation.JOBS):
        row = _row(field, account, of)
        old, whose = field.value(row), name_of(row)
        if field.own(row):
            raise Refused("own", _("The account holder can change this in the app, and so we do not."), clause="16")
        new = field.checked(row, new)
    if new == old:
        raise Refused("same", _("That is what it is already."), clause="16")
    if Correction.objects.open().filter(account=account, what=what, of=of).exists():
        raise Refused("proposed", _("A correction of this is under way already; withdraw that first."), clause="16")
    correction = Correction(
        account=account, what=what, of=of, ticket=access.ticket, why=why, role=", ".join(roles.of(actor)),
        proposed_by=actor, proposed_at=at, expires_at=_end(at),
    )  # fmt: skip
    correction.full_clean()
    correction.save(force_insert=True)
    CorrectionWords(account=account, correction=correction, whose=whose, old=old, new=new).save(force_insert=True)
    _record("correction.proposed", correction, actor, until=correction.expires_at)
    outbox.plan("rights/correction_proposed", about=correction.reference, account=account, at=at)
    return correction


@transaction.atomic
def confirm_correction(correction: Correction, *, actor: User, at: datetime) -> Correction:
    """Agree as the main user: from now staff can apply it, within 14 days (§16). The caller proved who they are."""
    correction = _decide(correction, CorrectionState.CONFIRMED, actor=actor, at=at)
    correction.expires_at = _end(at)
    correction.save(update_fields=["state", "decided_by", "decided_at", "expires_at"])
    _record("correction.confirmed", correction, actor, until=correction.expires_at)
    return correction


@transaction.atomic
def refuse_correction(correction: Correction, *, actor: User, at: datetime) -> Correction:
    """Say no as the main user: nothing changes, now or later (§16)."""
    correction = _decide(correction, CorrectionState.REFUSED, actor=actor, at=at)
    correction.ended_at = at
    correction.save(update_fields=["state", "decided_by", "decided_at", "ended_at"])
    _record("correction.refused", correction, actor)
    return correction


@transaction.atomic
def withdraw_correction(correction: Correction, *, actor: User, at: datetime) -> Correction:
    """Take a proposal back as staff, as long as it is not applied: nothing changes."""
    correction = _locked(correction)
    check_staff(actor)
    move(correction, CorrectionState.WITHDRAWN, CORRECTION_STEPS, clause="16")
    correction.ended_at = at
    correction.save(update_fields=["state", "ended_at"])
    _record("correction.withdrawn", correction, actor)
    return correction


@transaction.atomic
def apply_correction(correction: Correction, *, actor: User, at: datetime) -> Correction:
    """Carry out what the main user confirmed (§16); of two members of staff at once the second is refused.

    Refused before the confirmation, after its 14 days, while the account is not open to the actor, and when the value
    is another one by now than was put before the main user. Locks account and correction.
    """
    correction = _locked(correction)
    check_staff(actor)
    check_not_going(correction.account)
    support.look(correction.account, actor=actor, page="correction", at=at)
    if correction.state == CorrectionState.PROPOSED:
        raise Refused("not_confirmed", _("The main user has not confirmed this yet."), clause="16")
    _check_in_time(correction, at)
    move(correction, CorrectionState.APPLIED, CORRECTION_STEPS, clause="16")
    words = CorrectionWords.objects.get(correction=correction)
    with isolation.acting_as(isolation.JOBS):
        _carry_out(correction, words, at=at)
    correction.applied_by, correction.applied_at, correction.ended_at = actor, at, at
    correction.save(update_fields=["state", "applied_by", "applied_at", "ended_at"])
    _record("correction.applied", correction, actor)
    outbox.plan("rights/correction_applied", about=correction.reference, account=correction.account, at=at)
    if correction.what == EMAIL:
        outbox.plan("rights/correction_old_address", about=correction.reference, account=correction.account, at=at)
    return correction


def lapse_corrections(*, at: datetime) -> int:
    """End every correction whose 14 days are over at ``at``; return how many. Nothing changes by it; may run twice."""
    return sum(_lapse(correction, at) for correction in list(Correction.objects.over(at).select_related("account")))


def row_of(correction: Correction) -> User | Company | None:
    """What is corrected, if it is still there."""
    try:
        return _row(correctable(correction.what), correction.account, correction.of)
    except Refused:
        return None


@transaction.atomic
def _lapse(correction: Correction, at: datetime) -> bool:
    try:
        correction = _locked(correction)
    except (Refused, Correction.DoesNotExist):  # gone with its account
        return False
    if correction.ended_at is not None or at < correction.expires_at:
        return False
    move(correction, CorrectionState.LAPSED, CORRECTION_STEPS, clause="16")
    correction.ended_at = at
    correction.save(update_fields=["state", "ended_at"])
    _record("correction.lapsed", correction, None)
    return True


def _decide(correction: Correction, state: CorrectionState, *, actor: User, at: datetime) -> Correction:
    correction = _locked(correction)
    check_decides(actor, correction.account)
    check_not_going(correction.account)
    if correction.state == CorrectionState.PROPOSED:
        _check_in_time(correction, at)
    move(correction, state, CORRECTION_STEPS, clause="16")
    correction.decided_by, correction.decided_at = actor.reference, at
    return correction


def _check_in_time(correction: Correction, at: datetime) -> None:
    if at >= correction.expires_at:
        words = _("The 14 days are over, so this correction has lapsed. Nothing has changed; it can be proposed anew.")
        raise Refused("lapsed", words, clause="16")


def _carry_out(correction: Correction, words: CorrectionWords, *, at: datetime) -> None:
    """Write the new value; the row is locked, and has still the value that the main user was shown."""
    field = correctable(correction.what)
    row = _row(field, correction.account, correction.of, locked=True)
    if field.value(row) != words.old:
        raise Refused(
            "changed_meanwhile",
            _("This was changed after it was put before the main user. Withdraw this correction and propose it anew."),
            clause="16",
        )
    _check_still_possible(field, row, words.new)
    written = {field.field}
    if isinstance(row, Company):
        row.revision += 1
        written.add("revision")
    try:
        with transaction.atomic():
            row.save(update_fields=sorted(written))
    except IntegrityError:
        raise _not_possible() from None  # another row got it at this very moment
    if field.key == EMAIL and isinstance(row, User):
        _moved(row, at=at)


def _check_still_possible(field: Correctable, row: Any, new: str) -> None:
    """The same rules as when it was proposed; somebody else may have the address by now."""
    try:
        field.checked(row, new)
    except ValidationError:
        raise _not_possible() from None


def _not_possible() -> Refused:
    words = _("This value cannot be used any more. Withdraw this correction and propose another one.")
    return Refused("not_possible", words, clause="16")


def _moved(user: User, *, at: datetime) -> None:
    """Whoever had the old address gets in nowhere any more; the new one counts as confirmed by the main user."""
    signing_in.adopt_address(user)
    signing_in.end_access(user)
    newsletter.follow_address(user, at=at)
    journal.record("user.email_changed", account=user.account, clause="16", user=user.reference)


def _known(what: str) -> Correctable:
    try:
        return correctable(what)
    except KeyError:
        raise Refused("not_correctable", _("This cannot be corrected."), clause="16") from None


def _row(field: Correctable, account: Account, of: UUID, *, locked: bool = False) -> Any:
    rows = field.model._default_manager.filter(account=account).select_related("account")
    if locked:
        rows = rows.select_for_update(of=("self",))
    found = next((row for row in rows if reference_of(row) == of), None)
    if found is None:
        raise Refused("not_there", _("What is to be corrected is not there any more."), clause="16")
    return found


def _locked(correction: Correction) -> Correction:
    """The same correction, locked after its account, in the order in which everything here is locked."""
    lock(correction.account)
    return Correction.objects.select_for_update(of=("self",)).select_related("account").get(pk=correction.pk)


def _end(at: datetime) -> datetime:
    return compute(kind_named("correction"), at).due_at


def _record(event: str, correction: Correction, actor: User | None, **more: Any) -> None:
    """No values: those are in the correction, and go with it."""
    journal.record(
        event, account=correction.account, actor=actor, clause="16", correction=correction.reference,
        field=correction.what, ticket=correction.ticket, **more,
    )  # fmt: skip
