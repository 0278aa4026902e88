"""The holder's side of a data subject's request (§15): who it is about, doing it, and saying that it is done.

It is done on the person's own pages; here it is proven, as far as it can be. Any user of the account may: relations and
employees are the work of all of them (docs/readings.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Account, User
from accounts.services import check_not_going, lock
from cannonworks.errors import Refused
from cannonworks.pages import rows_from
from journal import services as journal
from journal.models import Entry
from relations import finding
from relations.asked import Asked, asked_source
from relations.models import PEOPLE, Person
from rights.models import Outcome, SubjectRequest, Wish
from rights.states import REQUEST_STEPS, WITH_HOLDER, RequestState, move
from rights.telling import tell_requester
from rights.unblocking import open_if_last
from rights.wishes import title_of

#: So many are shown at most, and so many looked at for each thing to look for.
MOST, EACH = 8, 5
#: Parts of "known to them as" that are looked for one by one.
MOST_NAMES = 3
#: A name of fewer letters says nothing by itself.
SHORTEST = 3
#: How a request may be handled by the holder.
OUTCOMES = (Outcome.FULFILLED, Outcome.NOT_HERE, Outcome.DECLINED)
SAME_EMAIL = gettext_lazy("same e-mail")
SAME_NAME = gettext_lazy("same name")
KNOWN_AS = gettext_lazy("as they say you know them")
ALIKE = gettext_lazy("a name like it")
SEARCHED = gettext_lazy("has the words you looked for")


@dataclass
class Candidate:
    """Somebody in the account who may be meant, and what speaks for it."""

    kind: str
    person: Person
    why: list[object] = field(default_factory=list)


# --- Who it is -----------------------------------------------------------------------------------------------
def candidates(request: SubjectRequest, *, user: User, search: str = "") -> list[Candidate]:
    """Who of the user's account may be meant, the likeliest first, ``MOST`` at most; or who has the words of a search.

    A few searches by index each (docs/decisions/0020); a name like it is looked for where nothing else is found.
    """
    found: dict[tuple[str, int], Candidate] = {}
    for words, why in [(search, SEARCHED)] if search else _marks(request):
        for kind, person in _with_words(words, user):
            if why is SAME_EMAIL and person.email.lower() != words.lower():
                continue
            there = found.setdefault((kind, person.pk), Candidate(kind, person))
            there.why += [] if why in there.why else [why]
    last_name = request.name.split()[-1] if request.name.split() else ""
    if not found and not search and len(last_name) >= SHORTEST:
        found = {(kind, each.pk): Candidate(kind, each, [ALIKE]) for kind, each in _with_words(last_name, user)}
    return sorted(found.values(), key=lambda each: (SAME_EMAIL not in each.why, -len(each.why)))[:MOST]


def person_of(request: SubjectRequest) -> Person | None:
    """Whom the holder says it is about; None when that was not said, or they are not in the account any more."""
    if request.person is None:
        return None
    rows = PEOPLE[request.person_kind]._default_manager
    return rows.filter(account=request.account_id, reference=request.person).first()


@transaction.atomic
def choose(request: SubjectRequest, *, person: Person, actor: User) -> SubjectRequest:
    """Say whom a request is about; it may be said again. Locks account and request.

    Refused when it does not wait for the holder (any more), or they are not in the account (any more).
    """
    _account, request = locked(request, actor=actor)
    if not type(person)._default_manager.filter(pk=person.pk, account=request.account_id).exists():
        raise Refused("gone", _("This person is not in your lists any more."), clause="15")
    request.person_kind, request.person = str(person._meta.model_name), person.reference
    request.save(update_fields=["person_kind", "person"])
    _record("request.chosen", request, actor)
    return request


# --- Whether it is done --------------------------------------------------------------------------------------
def still_to_do(request: SubjectRequest) -> str:
    """What is missing before a request can be marked done, for people; empty when its fulfilment is proven (§15).

    Restricted, lifted and erased are seen on the row itself, a change in the journal since the holder was told.
    """
    if request.person is None:
        return _("First say who it is.")
    person = person_of(request)
    if request.wish == Wish.ERASE:
        return "" if person is None else _("%(name)s has not been erased yet.") % {"name": person}
    if person is None:
        return _("This person is not in your lists any more; say that nobody like this is there.")
    if request.wish == Wish.RESTRICT and person.restricted_on is None:
        return _("%(name)s has not been restricted yet.") % {"name": person}
    if request.wish == Wish.LIFT and person.restricted_on is not None:
        return _("%(name)s is still restricted.") % {"name": person}
    if request.wish == Wish.CHANGE and not _is_changed(request):
        return _("Nothing of %(name)s has been changed since the request came.") % {"name": person}
    return ""


@transaction.atomic
def finish(request: SubjectRequest, *, actor: User, outcome: str, note: str = "", at: datetime) -> SubjectRequest:
    """Mark a request done: carried out, nobody like this is here, or declined with its ground in ``note`` (§15).

    Refused as ``not_done_yet`` (what is still to be done), ``say_why`` (a note is needed), ``not_waiting`` (a colleague
    was first, or it was taken back). An account that was blocked for it alone is open at once. Locks both.

    An answer during a check does not end it: staff look at what was answered, and whoever asked hears what came of it.
    """
    _account, request = locked(request, actor=actor)
    _prove(request, outcome, note.strip(), actor)
    if goes_on := request.is_under_check:
        request.state = RequestState.CHECKING  # also where the account turned up during the check
    else:
        move(request, RequestState.DONE, REQUEST_STEPS, clause="15")
    request.outcome, request.note, request.done_at = outcome, note.strip(), at
    if outcome == Outcome.NOT_HERE:
        request.person_kind, request.person = "", None
    request.save(update_fields=["state", "outcome", "note", "done_at", "person_kind", "person"])
    _record_outcome(request, actor)
    if not goes_on:
        tell_requester(request, "handled", at=at)
    open_if_last(request, actor=actor, at=at)
    return request


def locked(request: SubjectRequest, *, actor: User) -> tuple[Account, SubjectRequest]:
    """The account and then the request, both locked: the order for whoever takes both, staff who block it too.

    Refused to who is not of the account, when it is being erased, and when the request does not wait for the holder.
    """
    if request.account is None or actor.account_id != request.account_id:
        raise Refused("not_yours", _("This request is not for your account."), clause="15")
    account = lock(request.account)
    check_not_going(account)
    row = SubjectRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if row.state not in WITH_HOLDER:
        words = _("This request does not wait for you any more: a colleague handled it, or it was taken back.")
        raise Refused("not_waiting", words, clause="15")
    return account, row


@asked_source
def asked_about(person: Person) -> Iterator[Asked]:
    """The requests that wait and are about this very person; one query."""
    rows = SubjectRequest.objects.waiting_for_holder().filter(
        account=person.account_id, person=person.reference, person_kind=str(person._meta.model_name)
    )
    for row in rows:
        yield Asked(row.wish, title_of(row), reverse("request", args=[row.reference]), row.last_day)


def _prove(request: SubjectRequest, outcome: str, note: str, actor: User) -> None:
    if outcome not in OUTCOMES:
        raise Refused("no_such_outcome", _("A request is not handled like that."), clause="15")
    if outcome == Outcome.FULFILLED and (missing := still_to_do(request)):
        raise Refused("not_done_yet", missing, clause="15")
    if outcome == Outcome.FULFILLED and request.wish == Wish.ERASE and not note and _with_email(request, actor):
        words = _("Somebody else in your lists has this e-mail. Erase them too, or say why it is not them.")
        raise Refused("say_why", words, clause="15")
    if outcome == Outcome.DECLINED and not note:
        raise Refused("say_why", _("Say which ground in the law you have not to do it."), clause="15")
    if outcome == Outcome.NOT_HERE and not note and _with_email(request, actor):
        raise Refused("say_why", _("Somebody in your lists has this e-mail. Say why it is not them."), clause="15")


def _is_changed(request: SubjectRequest) -> bool:
    kind = request.person_kind
    return Entry.objects.filter(
        account_reference=request.account.reference,  # type: ignore[union-attr]  # only asked of one with an account
        event__exact=f"{kind}.changed", at__gte=request.told_at, facts__contains={kind: str(request.person)},
    ).exists()  # fmt: skip


def _with_email(request: SubjectRequest, user: User) -> bool:
    email = request.email.lower()
    return bool(email) and any(person.email.lower() == email for _kind, person in _with_words(email, user))


def _marks(request: SubjectRequest) -> Iterator[tuple[str, object]]:
    """What to look for, and what it says of who has it."""
    if request.email:
        yield request.email, SAME_EMAIL
    yield request.name, SAME_NAME
    for name in re.split(r"[,;\n]", request.known_as)[:MOST_NAMES]:
        if len(name.strip()) >= SHORTEST:
            yield name, KNOWN_AS


def _with_words(words: str, user: User) -> Iterator[tuple[str, Person]]:
    if not words.strip():
        return
    for kind, model in PEOPLE.items():
        rows = finding.people(model, user, finding.Choice(words))
        for person in rows_from(rows, finding.ORDERS[0].columns, None, EACH):
            yield kind, person


def _record_outcome(request: SubjectRequest, actor: User) -> None:
    match request.outcome:
        case Outcome.FULFILLED:
            _record("request.done", request, actor)
        case Outcome.NOT_HERE:
            _record("request.not_here", request, actor)
        case Outcome.DECLINED:
            _record("request.declined", request, actor)


def _record(event: str, request: SubjectRequest, actor: User) -> None:
    about = {request.person_kind: request.person} if request.person else {}
    facts = {"request": request.reference, "wish": request.wish, **about}
    journal.record(event, account=request.account, actor=actor, clause="15", **facts)
