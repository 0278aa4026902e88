"""People erased while their account goes on: looked for again, entered in the ledger, proven gone (§5, §14, §15).

Their rows went in the transaction of whoever erased them, which left a ``Departure``. What is done here may be done at
any time, twice, and by many workers: who is proven is taken no more, and a line that stands twice in the ledger because
a worker was killed after writing it says nothing new (``told``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models.functions import Greatest

from accounts.services import lock
from cannonworks import datamap
from cannonworks.deadlines import in_amsterdam
from cannonworks.errors import Refused
from journal import services as journal
from relations import leaving
from relations.models import PEOPLE, Departure
from relations.services import check_not_restricted
from retention import alarms, ledger, sweep
from retention.models import AlarmKind

#: So many are proven in one transaction, with one write to the ledger.
PORTION = 1_000
#: What the ledger calls a line about one person.
LINE = "person"


def carry_out(*, at: datetime) -> int:
    """Prove everybody who was erased and is not proven yet; return how many now are.

    Where something is found it is erased again, under the same holds, an alarm is raised, and it is looked once more.
    """
    total, behind = 0, 0
    while keys := _waiting(behind):
        proven, back = _prove(keys, at)
        again = [pk for pk, found in back.items() if _erase_again(pk, found, at)]
        total += proven + _prove(again, at)[0]
        behind = keys[-1]
    return total


def told() -> dict[tuple[str, str], dict[str, Any]]:
    """Who is gone by the ledger, each once: (account, person) → its first line. Raises BrokenLedger.

    After a restore these go again, whatever the database says of them.
    """
    gone: dict[tuple[str, str], dict[str, Any]] = {}
    for line in ledger.read():
        if line["kind"] == LINE:
            gone.setdefault((line["account"], line["person"]), line)
    return gone


def places() -> Iterator[tuple[type[models.Model], models.Field]]:
    """Every declared place that can point at a person by key; by reference alone there is the person's own row.

    A request of a data subject names the person it was about by reference too: that is proof that it was done, and
    says nothing of them (docs/decisions/0032).
    """
    for entry in datamap.entries():
        for field in entry.model._meta.local_concrete_fields:
            if field.related_model in PEOPLE.values():
                yield entry.model, field


def _waiting(behind: int) -> list[int]:
    rows = Departure.objects.filter(proven_at=None, pk__gt=behind).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:PORTION])


@transaction.atomic
def _prove(keys: Sequence[int], at: datetime) -> tuple[int, dict[int, int]]:
    """Prove those of whom nothing is found and whom no other worker has; how many, and the others: key → rows found."""
    rows = Departure.objects.filter(pk__in=keys, proven_at=None).select_related("account").order_by("pk")
    taken = list(rows.select_for_update(skip_locked=True, of=("self",)))
    found = _look(taken)
    clean = [row for row in taken if not found[row.pk]]
    ledger.append([_line(row) for row in clean])
    Departure.objects.filter(pk__in=[row.pk for row in clean]).update(proven_at=at)
    journal.record_all(_told(row) for row in clean)
    return len(clean), {pk: count for pk, count in found.items() if count}


def _look(taken: Sequence[Departure]) -> Counter[int]:
    """How many rows there are of each, in every place that can hold them; one query a place."""
    found: Counter[int] = Counter({row.pk: 0 for row in taken})
    for kind, model in PEOPLE.items():
        mine = [row for row in taken if row.kind == kind]
        if not mine:
            continue
        by_name = {(row.account_id, row.person): row.pk for row in mine}
        there = model._default_manager.filter(reference__in=[row.person for row in mine])
        found.update(by_name[name] for name in there.values_list("account", "reference") if name in by_name)
        by_key = {row.key: row.pk for row in mine}
        for place, field in places():
            if field.related_model is model:
                pointing = place._base_manager.filter(**{f"{field.attname}__in": by_key})  # type: ignore[attr-defined]
                found.update(by_key[key] for key in pointing.values_list(field.attname, flat=True))  # type: ignore[attr-defined]
    return found


@transaction.atomic
def _erase_again(pk: int, found: int, at: datetime) -> bool:
    """Erase what came back of somebody and tell staff, unless something stands in the way; whether it was erased."""
    departure = Departure.objects.select_related("account").get(pk=pk)
    account, is_new = lock(departure.account), departure.found == 0
    Departure.objects.filter(pk=pk).update(found=Greatest("found", found))
    alarms.sound(AlarmKind.RESIDUE, str(departure.person), f"{departure.kind}: {found}", at=at)
    if sweep.why_stopped(at) or account.claimed_at is not None:
        return False
    person = PEOPLE[departure.kind]._default_manager.filter(account=account, reference=departure.person).first()
    if person is None:
        return False  # something points at a row that is not there: for people to look at
    person.account = account
    try:
        check_not_restricted(person)
        leaving.check_not_held(person, leaving.traces_of(person))
    except Refused as refused:
        if is_new:  # once, and not every time that it is tried
            leaving.note_refusal(person, actor=None, refused=refused)
        return False
    leaving.erase(person)
    return True


def _told(row: Departure) -> journal.Line:
    facts: dict[str, Any] = {row.kind: row.person, "found_before": row.found}
    return journal.line(f"{row.kind}.proven", account=row.account, clause="15", **facts)


def _line(row: Departure) -> dict[str, Any]:
    category = datamap.entry(PEOPLE[row.kind]).category
    return {
        "kind": LINE,
        "account": str(row.account.reference),
        "person": str(row.person),
        "of": row.kind,
        "categories": [str(category)],
        "at": in_amsterdam(row.removed_at).isoformat(timespec="seconds"),
    }
