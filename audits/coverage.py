"""Which controls of Annex A have a measure, for whoever has to prove it (§7)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise

from audits.catalogue import CONTROLS, GROUPS
from audits.models import Measure, MeasureState


@dataclass(frozen=True)
class Covered:
    """One control, with the measures that serve it: those in place, that do not work, and that are planned."""

    number: str
    about: str | Promise
    in_place: Sequence[Measure]
    failing: Sequence[Measure]
    planned: Sequence[Measure]

    @property
    def group(self) -> str:
        """The number before the dot."""
        return self.number.partition(".")[0]

    @property
    def is_covered(self) -> bool:
        return bool(self.in_place)


def coverage() -> list[Covered]:
    """Every control with its measures, in the order of the annex; two queries."""
    measures = list(Measure.objects.exclude(state=MeasureState.WITHDRAWN).prefetch_related("owner").order_by("id"))
    return [_covered(number, about, measures) for number, about in CONTROLS.items()]


def by_group(covered: Sequence[Covered]) -> Iterator[tuple[str | Promise, list[Covered]]]:
    """The same, group by group."""
    for number, title in GROUPS.items():
        yield title, [each for each in covered if each.group == number]


def _covered(number: str, about: str | Promise, measures: Sequence[Measure]) -> Covered:
    serving = [each for each in measures if number in each.controls]
    states = (MeasureState.IN_PLACE, MeasureState.FAILING, MeasureState.PLANNED)
    return Covered(number, about, *([each for each in serving if each.state == state] for state in states))
