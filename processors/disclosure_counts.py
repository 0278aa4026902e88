"""How many requests others made of us in each year, by kind of asker, and what came of them; for everybody (§8).

A request that its account holder may not know of counts as well: to leave it out would be untrue. That betrays nobody,
because these are totals over all customers, the same for whoever looks and of no account; no kind of data, day, place
or outcome stands beside a name. They are counted by a job at night and never at the moment of a step, so that nobody
sees a number move while something is done to them; and they are a table of their own, so that the page of the public
has no right to a single request. An old year stays as it was counted when the requests of erased accounts are gone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cannonworks.deadlines import ONE_DAY, start_of_day
from cannonworks.publications import Block, Chapter, Paper, Words, grid
from processors.models import Disclosure, DisclosureCount
from processors.models.disclosures import Asker, Decision
from processors.publicly import publicly

#: The form of the data; another number for whoever reads it by program, when something is named otherwise.
FORM = "cannonworks.disclosures/1"
OUTCOMES = ("granted", "in_part", "refused", "waiting")
Numbers = Mapping[str, int]


@dataclass(frozen=True)
class Year:
    """A year: its numbers by kind of asker (those with any), and together."""

    year: int
    by_asker: Mapping[str, Numbers]

    @property
    def total(self) -> Numbers:
        return {name: sum(each[name] for each in self.by_asker.values()) for name in OUTCOMES}

    @property
    def asked(self) -> int:
        return sum(self.total.values())


@dataclass(frozen=True)
class Counted:
    """All years from the first one on, the newest first; ``on`` None: nothing was counted yet, which is not zero."""

    on: date | None
    years: tuple[Year, ...]


# --- By a job --------------------------------------------------------------------------------------------------------
@transaction.atomic
def count(*, on: date) -> int:
    """Count the year of ``on`` and the one before, of which some may wait; return how many requests. Idempotent."""
    return sum(_count(year, on) for year in (on.year - 1, on.year))


def _count(year: int, on: date) -> int:
    begin, end = start_of_day(date(year, 1, 1)), start_of_day(date(year, 12, 31) + ONE_DAY)
    found: dict[str, dict[str, int]] = {asker: dict.fromkeys(OUTCOMES, 0) for asker in Asker.values}
    columns = ("asker", "decision", "asked_fields", "given_fields")
    for row in Disclosure.objects.filter(received_at__gte=begin, received_at__lt=end).only(*columns).iterator():
        found[row.asker][outcome_of(row)] += 1
    number = sum(map(sum, (each.values() for each in found.values())))
    if year < on.year and not number and not DisclosureCount.objects.filter(year=year).exists():
        return 0  # before the first year there is none to show
    rows = [DisclosureCount(year=year, asker=asker, counted_on=on, **each) for asker, each in found.items()]
    DisclosureCount.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["year", "asker"], update_fields=[*OUTCOMES, "counted_on"]
    )
    return number


def outcome_of(row: Disclosure) -> str:
    """One of ``OUTCOMES``; in part: fewer fields are given than were asked for."""
    if row.decision == Decision.GIVE:
        return "granted" if set(row.given_fields) == set(row.asked_fields) else "in_part"
    return "refused" if row.decision == Decision.REFUSE else "waiting"


# --- For everybody ---------------------------------------------------------------------------------------------------
def counted(*, on: date) -> Counted:
    """The counts as everybody may read them; one query. A year without any is there, with zeros."""
    with publicly():
        rows = list(DisclosureCount.objects.order_by("year", "pk"))
    if not rows:
        return Counted(None, ())
    found: dict[int, dict[str, Numbers]] = defaultdict(dict)
    for row in rows:
        numbers = {name: getattr(row, name) for name in OUTCOMES}
        if any(numbers.values()):
            found[row.year][row.asker] = numbers
    years = range(max(on.year, rows[-1].year), rows[0].year - 1, -1)
    last = max(row.counted_on for row in rows)
    return Counted(last, tuple(Year(year, found.get(year, {})) for year in years))


def as_json(found: Counted) -> dict[str, Any]:
    """The same for programs: every kind of asker, zeros too."""
    none = dict.fromkeys(OUTCOMES, 0)
    return {
        "form": FORM,
        "counted_on": found.on.isoformat() if found.on else None,
        "years": [
            {
                "year": each.year, "asked": each.asked, **each.total,
                "by_asker": {asker: dict(each.by_asker.get(asker, none)) for asker in Asker.values},
            }
            for each in found.years
        ],
    }  # fmt: skip


def paper(found: Counted, *, on: date) -> Paper:
    """The same as a text, in the reader's language."""
    return Paper(
        title=_("What others asked of us"),
        lead=_(
            "Police, courts, the tax authority and others sometimes ask us for data of a customer. Without an order on"
            " a legal basis or the customer's consent we give nothing. These are the numbers, year by year."
        ),
        on=found.on or on,
        language=get_language() or "nl",
        chapters=(_overview(found), *(_chapter(each) for each in found.years if each.asked), _how()),
    )


def _overview(found: Counted) -> Chapter:
    if found.on is None:
        return Chapter("years", _("Year by year"), (Words(_("This has not been counted yet.")),))
    headers = (_("Year"), _("Requests"), *_words().values())
    rows = [(each.year, each.asked, *each.total.values()) for each in found.years]
    blocks: list[Block] = [grid(_("Requests by year"), headers, rows)]
    if not any(each.asked for each in found.years):
        blocks.insert(0, Words(_("Nobody ever asked us for data of a customer.")))
    return Chapter("years", _("Year by year"), tuple(blocks))


def _chapter(each: Year) -> Chapter:
    headers = (_("Who asked"), _("Requests"), *_words().values())
    rows = [(Asker(asker).label, sum(numbers.values()), *numbers.values()) for asker, numbers in each.by_asker.items()]
    title = _("%(year)s by who asked") % {"year": each.year}
    return Chapter(f"year-{each.year}", title, (grid(title, headers, rows),))


def _how() -> Chapter:
    words = (
        _("A request counts in the year in which it came. “In part”: we gave less than was asked for."),
        _("Requests that a customer may not hear of yet are counted too. The numbers are of all customers together."),
    )
    return Chapter("how", _("How we count"), tuple(Words(each) for each in words))


def _words() -> dict[str, str]:
    return dict(zip(OUTCOMES, (_("Granted"), _("In part"), _("Refused"), _("Not decided yet")), strict=True))
