"""What staff go by when a requester has us check (§15): the journal, which names nobody, and no row of a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from journal.events import sentence
from journal.models import Entry
from rights.models import SubjectRequest, Wish

#: What was done to somebody for what was asked; the last word counts where one undoes the other.
DONE: Mapping[str, str] = {
    Wish.CHANGE: "changed", Wish.RESTRICT: "restricted", Wish.LIFT: "lifted", Wish.ERASE: "removed",
}  # fmt: skip
UNDONE: Mapping[str, str] = {Wish.RESTRICT: "lifted", Wish.LIFT: "restricted"}
#: So many lines are read; more than staff will look through.
MOST = 100


@dataclass(frozen=True)
class Line:
    """One entry of the journal: when, what, by which kind of user; ``shows`` that what was asked was done."""

    at: datetime
    sentence: str
    by: str
    number: int
    shows: bool = False


@dataclass(frozen=True)
class Evidence:
    """What the journal says; ``is_shown``: it proves that what was asked was done to whom the holder chose."""

    lines: tuple[Line, ...] = ()
    is_shown: bool = False


def evidence(request: SubjectRequest) -> Evidence:
    """What the journal says of the request and of the chosen person, the earliest first; two queries.

    Of the person all since the holder was told, and what proves it also when it is older: who was restricted before
    need not be again. Of no account, or before anybody was told: nothing.
    """
    if request.account is None or request.told_at is None:
        return Evidence()
    rows = Entry.objects.filter(account_reference=request.account.reference)
    proof = _proof(request, rows)
    asked = Q(event__startswith="request.", facts__contains={"request": str(request.reference)})
    about = Q(facts__contains=_person(request)) if request.person else Q(pk__in=[])
    since = rows.filter(asked | about, at__gte=request.told_at).order_by("id")[:MOST]
    found = {entry.pk: entry for entry in [*since, *([proof] if proof else [])]}
    lines = (_line(found[number], proof) for number in sorted(found))
    return Evidence(tuple(lines), is_shown=proof is not None)


def _proof(request: SubjectRequest, rows: QuerySet[Entry]) -> Entry | None:
    """The last entry that did it, unless a later one undid it; a change counts since the holder was told."""
    if request.person is None or request.wish not in DONE:
        return None
    kind = request.person_kind
    names = [f"{kind}.{verb}" for verb in (DONE[request.wish], UNDONE.get(request.wish)) if verb]
    told = rows.filter(event__in=names, facts__contains=_person(request))
    if request.wish == Wish.CHANGE:
        told = told.filter(at__gte=request.told_at)
    last = told.order_by("-id").first()
    return last if last is not None and last.event == names[0] else None


def _person(request: SubjectRequest) -> dict[str, str]:
    return {request.person_kind: str(request.person)}


def _line(entry: Entry, proof: Entry | None) -> Line:
    return Line(entry.at, sentence(entry.event), entry.actor_kind, entry.pk, entry == proof)
