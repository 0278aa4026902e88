"""What staff do with a data subject's request (§15): enter it, find its account, check it, and block when it must be.

Staff read no relations and no employees: an account is found by the company that the requester names, and a check goes
by the journal (``rights.evidence``). Of all this the requester hears the same, whoever was found (``rights.telling``).
Whoever locks both locks the account first, and then the request.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.blocking import block_account
from accounts.models import Account, User
from accounts.services import check_not_going, check_staff, lock
from cannonworks.deadlines import compute, kind_named
from cannonworks.errors import Refused
from journal import services as journal
from rights.letters_to_holder import tell_holder
from rights.matching import earlier_of
from rights.models import Channel, Outcome, SubjectRequest, Wish
from rights.stages import deadline_of, may_ask_for_check
from rights.states import REQUEST_STEPS, RequestState, move
from rights.telling import tell_requester
from rights.unblocking import open_if_last

#: Who may shut an account (``accounts.roles``); the rest of this is for all who may act on requests.
MAY_BLOCK = "rights.block_subjectrequest"
#: Staff have the ways that are not the form on the site, which proves a mailbox by itself.
BY_STAFF = (Channel.LETTER, Channel.PHONE, Channel.EMAIL)


# --- It comes in -----------------------------------------------------------------------------------------------------


@transaction.atomic
def enter(
    actor: User, *, channel: str, wish: str, name: str, identity_check: str, at: datetime, **fields: Any
) -> SubjectRequest:
    """Enter what came by letter, phone or mail (§15), and tell the requester.

    ``identity_check`` says how it was seen who asks; ``fields`` are ``email`` or ``address`` (one of both, to answer
    to), ``company``, ``known_as``, ``details``, ``wants_agreement`` and ``language``. A question what is done with data
    is answered at once. ValidationError for bad fields.
    """
    check_staff(actor)
    request = SubjectRequest(
        channel=channel, wish=wish, name=name.strip(), identity_check=identity_check.strip(), received_at=at, **fields
    )
    request.email = request.email.strip().lower()
    _check_entered(request)
    if wish == Wish.INFORM:
        request.state, request.outcome, request.closed_at = RequestState.CLOSED, Outcome.ANSWERED, at
    request.full_clean(exclude={"account", "joined_to"})
    request.save(force_insert=True)
    _record("request.entered", request, actor, channel=channel)
    tell_requester(request, "answered" if request.outcome else "received", at=at)
    return request


def _check_entered(request: SubjectRequest) -> None:
    wrong = {}
    if request.channel not in BY_STAFF:
        wrong["channel"] = _("Choose how it came in.")
    if not request.identity_check:
        wrong["identity_check"] = _("Say how you saw who asks; nobody else may decide over these data.")
    if not request.email and not request.address.strip():
        wrong["address"] = _("Give an e-mail or a postal address: the requester must be told what becomes of it.")
    if request.wish != Wish.INFORM and not request.company.strip():
        wrong["company"] = _("Ask which company keeps the data: without it nobody can be told.")
    if wrong:
        raise ValidationError(wrong)


# --- Whose it is -----------------------------------------------------------------------------------------------------


@transaction.atomic
def match(request: SubjectRequest, *, account: Account, actor: User, at: datetime) -> SubjectRequest:
    """Pass a request on to the holder of ``account``, whose five working days start now (§15). Locks both.

    One that an earlier one of the same person asks already is closed as joined to it. Refused for an account that is
    erased or on its way, and for a request that has an account or is closed.
    """
    check_staff(actor)
    account = lock(account)
    _check_there(account)
    row = _locked(request)
    if row.account_id is not None:
        raise Refused("matched", _("This request was passed on already."), clause="15")
    if earlier := earlier_of(row, account):
        return _join(row, earlier, actor=actor, at=at)
    move(row, RequestState.TOLD, REQUEST_STEPS, clause="15")
    row.account, row.told_at, row.due_at, row.reminded_at = account, at, _due(at), None
    row.save(update_fields=["state", "account", "told_at", "due_at", "reminded_at"])
    _record("request.told", row, actor, due_at=row.due_at)
    tell_holder(row, "told", at=at)
    tell_requester(row, "passed_on", at=at)
    return row


@transaction.atomic
def no_account(request: SubjectRequest, *, actor: User, at: datetime) -> SubjectRequest:
    """Note that the company named has no account. The requester is told the same, with the same clock. Locks it."""
    check_staff(actor)
    row = _locked(request)
    if row.state == RequestState.RECEIVED and (earlier := earlier_of(row, None)):
        return _join(row, earlier, actor=actor, at=at)
    move(row, RequestState.UNMATCHED, REQUEST_STEPS, clause="15")
    row.due_at = _due(at)
    row.save(update_fields=["state", "due_at"])
    _record("request.unmatched", row, actor, due_at=row.due_at)
    tell_requester(row, "passed_on", at=at)
    return row


@transaction.atomic
def refuse_unproven(request: SubjectRequest, *, actor: User, at: datetime) -> SubjectRequest:
    """Close a request of which it was not shown who asks (AVG 12(6)); only before a holder was told. Locks it."""
    check_staff(actor)
    row = _locked(request)
    if row.state not in (RequestState.RECEIVED, RequestState.UNMATCHED):
        words = _("This request was passed on already; it can be checked or taken back.")
        raise Refused("passed_on", words, clause="15")
    return _close(row, Outcome.UNPROVEN, "unproven", actor=actor, at=at)


# --- Whether it was done ---------------------------------------------------------------------------------------------


def check_may_be_asked(request: SubjectRequest, *, at: datetime) -> bool:
    """Whether the requester may have it checked at this moment; for one on paper, of no account, by its own clock."""
    if request.state == RequestState.UNMATCHED and not request.email:
        return request.due_at is not None and at >= request.due_at
    return may_ask_for_check(request, deadline_of(request), at=at)


@transaction.atomic
def note_check(request: SubjectRequest, *, actor: User, at: datetime) -> SubjectRequest:
    """Note that the requester asks by letter or phone for a check (§15). Locks both; Refused before the term ends."""
    check_staff(actor)
    row = _locked_with_account(request)
    if not check_may_be_asked(row, at=at):
        words = _("A check can be asked once the term is over, or within 30 days after it was handled.")
        raise Refused("no_check_now", words, clause="15")
    move(row, RequestState.CHECKING, REQUEST_STEPS, clause="15")
    row.check_asked_at = at
    row.save(update_fields=["state", "check_asked_at"])
    _record("request.check_asked", row, actor)
    tell_requester(row, "check_begun", at=at)
    return row


@transaction.atomic
def decide(request: SubjectRequest, *, carried_out: bool, actor: User, at: datetime) -> SubjectRequest:
    """End a check that was asked (§15): carried out closes the request, not carried out blocks its account.

    ``request`` is as whoever decides saw it. Refused: ``no_check`` (none goes on), ``answered_meanwhile`` (the holder
    answered since), ``term_runs`` (nothing is blocked before the term is over), ``may_not_block`` (to whoever may not).
    A request of no account is closed either way. Locks both.
    """
    check_staff(actor)
    row = _locked_with_account(request)
    if row.state != RequestState.CHECKING:
        words = _("No check is going on: none was asked, or a colleague ended it. Look at the request again.")
        raise Refused("no_check", words, clause="15")
    if row.done_at != request.done_at:
        words = _("The account holder answered meanwhile. Look at the answer, and then decide.")
        raise Refused("answered_meanwhile", words, clause="15")
    row.checked_at = at
    if row.account is not None and not carried_out:
        return _block(row, row.account, actor=actor, at=at)
    outcome = (row.outcome or Outcome.FULFILLED) if row.account else Outcome.UNMATCHED
    _record("request.checked", row, actor, carried_out=carried_out)
    return _close(row, outcome, "checked", actor=actor, at=at)


def _block(row: SubjectRequest, account: Account, *, actor: User, at: datetime) -> SubjectRequest:
    if not actor.has_perm(MAY_BLOCK):
        raise Refused("may_not_block", _("The privacy officer or an administrator blocks an account."), clause="15")
    if row.due_at is None or at < row.due_at:
        words = _("The term of the account holder still runs; an account is not blocked before it is over.")
        raise Refused("term_runs", words, clause="15")
    move(row, RequestState.BLOCKED, REQUEST_STEPS, clause="15")
    row.blocked_at, row.outcome, row.done_at = at, "", None
    row.save(update_fields=["state", "checked_at", "blocked_at", "outcome", "done_at"])
    _record("request.checked", row, actor, carried_out=False)
    _record("request.blocked", row, actor)
    block_account(account, actor=actor, because=row.reference, at=at)
    tell_holder(row, "blocked", at=at)
    tell_requester(row, "checked", at=at)
    return row


# --- It ends ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def take_back(request: SubjectRequest, *, actor: User, at: datetime) -> SubjectRequest:
    """Close what the requester takes back by letter or phone; opens an account blocked for it alone. Locks both."""
    check_staff(actor)
    row = _locked_with_account(request)
    if row.waits_for_holder:
        tell_holder(row, "withdrawn", at=at)
    row = _close(row, Outcome.WITHDRAWN, "closed", actor=actor, at=at)
    open_if_last(row, actor=actor, at=at)
    return row


def close_over(request: SubjectRequest, *, at: datetime) -> SubjectRequest:
    """Close a locked request in which nothing happens any more: said to be done long ago, or of no account (§15)."""
    outcome = request.outcome or (Outcome.FULFILLED if request.account_id else Outcome.UNMATCHED)
    return _close(request, outcome, "closed", actor=None, at=at)


def _close(row: SubjectRequest, outcome: str, told: str, *, actor: User | None, at: datetime) -> SubjectRequest:
    move(row, RequestState.CLOSED, REQUEST_STEPS, clause="15")
    row.outcome, row.closed_at = outcome, at
    row.save(update_fields=["state", "outcome", "closed_at", "checked_at"])
    _record("request.closed", row, actor, outcome=outcome)
    tell_requester(row, told, at=at)
    return row


def _join(row: SubjectRequest, earlier: SubjectRequest, *, actor: User, at: datetime) -> SubjectRequest:
    move(row, RequestState.CLOSED, REQUEST_STEPS, clause="15")
    row.joined_to, row.account = earlier, earlier.account
    row.told_at, row.due_at = earlier.told_at, earlier.due_at
    row.outcome, row.closed_at = Outcome.JOINED, at
    row.save(update_fields=["state", "joined_to", "account", "told_at", "due_at", "outcome", "closed_at"])
    _record("request.joined", row, actor, earlier=earlier.reference)
    tell_requester(row, "joined", at=at)
    return row


# --- Under all of it -------------------------------------------------------------------------------------------------


def _due(at: datetime) -> datetime:
    return compute(kind_named("subject_request"), at).due_at


def _check_there(account: Account) -> None:
    try:
        check_not_going(account)
    except Refused as gone:
        words = _("This account is erased or on its way: nobody is told any more. Say that no account was found.")
        raise Refused(gone.code, words, clause="15") from None


def _locked(request: SubjectRequest) -> SubjectRequest:
    try:
        return SubjectRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    except SubjectRequest.DoesNotExist:
        raise Refused("gone", _("This request is gone, with its account or after its time."), clause="15") from None


def _locked_with_account(request: SubjectRequest) -> SubjectRequest:
    """The request, its account locked before it; Refused (``look_again``) when it came to another one meanwhile."""
    account = lock(request.account) if request.account else None
    row = _locked(request)
    if row.account_id != request.account_id:
        raise Refused("look_again", _("A colleague did something with this request. Look at it again."), clause="15")
    row.account = account
    return row


def _record(event: str, request: SubjectRequest, actor: User | None, **facts: Any) -> None:
    about = {"request": request.reference, "wish": request.wish, **facts}
    journal.record(event, account=request.account, actor=actor, clause="15", **about)
