"""What erasing somebody comes to: what goes with them, what stays and why, and what stands in its way (§5, §15).

Nobody here knows of holds or documents: holds are found through the account, and each app that keeps something of
people says so when it is started (``keeps_something``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.formats import date_format
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from accounts.models import Account, User
from cannonworks.celery import app
from cannonworks.datamap import Category, entry
from cannonworks.errors import Refused
from journal import services as journal
from relations.models import Departure, Person

#: Refusals that are an erasure refused, and not a mistake of whoever asks.
REFUSALS = {"held": "hold", "restricted": "restricted"}


@dataclass(frozen=True)
class Trace:
    """Something of a person elsewhere: whether it goes with them, and the sentence that tells so; ``name`` for logs."""

    name: str
    number: int
    goes: bool
    category: Category
    words: str
    clause: str = ""


@dataclass(frozen=True)
class Keeper:
    """Where something of people is: what there is, and how that of it goes that no law wants kept."""

    traces: Callable[[Person], Iterable[Trace]]
    erase: Callable[[Person], None]


_keepers: list[Keeper] = []


def keeps_something(keeper: Keeper) -> None:
    """Register a place with something of people, when its app is started."""
    if keeper not in _keepers:
        _keepers.append(keeper)


def traces_of(person: Person) -> list[Trace]:
    """What there is of somebody elsewhere, for the page that asks and for the answer; a few queries."""
    return [trace for keeper in _keepers for trace in keeper.traces(person)]


def check_not_held(person: Person, traces: Sequence[Trace]) -> None:
    """Refuse to erase what a confirmed hold keeps: the person, or something that would go with them (§5).

    The account is locked by the caller, as it is by whoever confirms or releases a hold: one of the two comes first.
    """
    own = entry(type(person)).category
    refuse_held(person.account, {category for category in (own, *(t.category for t in traces if t.goes)) if category})


def refuse_held(account: Account, wanted: Collection[Category]) -> None:
    """Refuse to erase something of these categories while a confirmed hold keeps one (§5). The account is locked."""
    # By the account's own relation: holds are retention's, which nobody imports.
    holds = list(account.holds.active().filter(categories__overlap=[*wanted]))
    if not holds:
        return
    held = sorted({str(Category(name).label).lower() for hold in holds for name in hold.categories if name in wanted})
    raise Refused(
        "held",
        _(
            "Not erased: a hold keeps %(what)s for now (%(basis)s). On %(day)s at the latest we look again whether that"
            " is still needed."
        )
        % {
            "what": get_text_list(held, _("and")),
            "basis": "; ".join(sorted({hold.basis for hold in holds})),
            "day": date_format(max(hold.review_on for hold in holds), "j F Y"),
        },
        clause="5",
    )


def why_held(person: Person, traces: Sequence[Trace]) -> Refused | None:
    """The same for a page, before anything is tried."""
    try:
        check_not_held(person, traces)
    except Refused as refused:
        return refused
    return None


def leave(person: Person) -> None:
    """Erase somebody, and have it proven; account and person are locked and may go."""
    Departure.objects.create(
        account=person.account, kind=str(person._meta.model_name), person=person.reference, key=person.pk
    )
    erase(person)
    # By name: proving is retention's, which nobody imports. A lost message costs minutes, until the next beat.
    transaction.on_commit(lambda: app.send_task("retention.tasks.prove_departures"), robust=True)


def erase(person: Person) -> None:
    """Erase the rows of somebody, with what goes along; whoever calls has seen that nothing stands in the way."""
    for keeper in _keepers:
        keeper.erase(person)
    person.delete()


def note_refusal(person: Person, *, actor: User | None, refused: Refused) -> None:
    """Journal an erasure that was refused (§5): outside the transaction of the attempt, which is taken back."""
    if refused.code not in REFUSALS:
        return
    facts = {str(person._meta.model_name): person.reference, "why": REFUSALS[refused.code]}
    account: Account = person.account
    categories = [entry(type(person)).category]
    journal.record("erasure.refused", account=account, actor=actor, clause="5", categories=categories, **facts)
