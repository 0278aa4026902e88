"""How a breach is told on a page: phases with what changed, the moments of it, and the list of all breaches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from breaches.clock import own_clock
from breaches.models import Affected, Breach, Notice, Phase
from breaches.reading import Told
from cannonworks.deadlines import Deadline
from cannonworks.left import Left, hours_left

#: What each text of a phase is called for whoever reads it; what the reader can do stands before what we did.
HEADS: dict[str, Promise] = {
    "fact": _("What happened"),
    "known_effects": _("What we know of the consequences"),
    "expected_effects": _("What may still come of it"),
    "advice": _("What you can do now"),
    "cause": _("How it could happen"),
    "measures_taken": _("What we did"),
    "measures_proposed": _("What we will do, or propose"),
}


@dataclass(frozen=True)
class Said:
    """One text of a phase; ``is_new``: it differs from that of the phase before."""

    name: str
    head: str | Promise
    text: str
    is_new: bool


@dataclass(frozen=True)
class Step:
    """A phase as it is shown, with what it says and the notice that told it."""

    phase: Phase
    texts: list[Said]
    notice: Notice | None
    changed: list[Promise]


@dataclass(frozen=True)
class Moment:
    """Something that happened at a moment."""

    at: datetime
    words: str | Promise


@dataclass(frozen=True)
class Story:
    steps: list[Step]
    moments: list[Moment]

    @property
    def latest(self) -> Step:
        return self.steps[0]

    @property
    def earlier(self) -> list[Step]:
        return self.steps[1:]


def story(told: Told) -> Story:
    """Phases and moments of a breach, the newest phase and the earliest moment first; no queries."""
    steps = []
    for phase, changed in told.steps():
        texts = [Said(name, head, text, name in changed) for name, head in HEADS.items() if (text := phase.said(name))]
        steps.append(Step(phase, texts, told.notices.get(phase.pk), [HEADS[name] for name in changed]))
    return Story(steps, sorted(_moments(told), key=lambda moment: moment.at))


def _moments(told: Told) -> Iterator[Moment]:
    yield Moment(told.breach.noticed_at, _("We noticed it"))
    if told.affected and told.affected.told_at:
        yield Moment(told.affected.told_at, _("We told you for the first time"))
    for phase in told.phases[:-1]:
        if phase.released_at:
            yield Moment(phase.released_at, _("We knew more: an update"))
    for notice in told.notices.values():
        if notice.failed_at:
            yield Moment(notice.failed_at, _("Our mail to you came back"))
        if notice.read_at and notice.phase_id == told.latest.pk:
            yield Moment(notice.read_at, _("The main user read the latest here"))
        if notice.acknowledged_at and notice.phase_id == told.latest.pk:
            yield Moment(notice.acknowledged_at, _("The main user confirmed to have read it"))
    if told.breach.closed_at:
        yield Moment(told.breach.closed_at, _("We closed it"))


@dataclass(frozen=True)
class Line:
    """A breach in the list: since when the holder knows, what is left of the 72 hours, and whether it was read."""

    breach: Breach
    told_at: datetime | None
    clock: Deadline | None
    left: Left | None
    is_read: bool


def listed(breaches: Iterable[Breach], account: Account, *, at: datetime) -> list[Line]:
    """Lines of a list of breaches: two queries, however many there are."""
    rows = list(breaches)
    told_at = dict(Affected.objects.filter(account=account, breach__in=rows).values_list("breach", "told_at"))
    notices: dict[int, list[Any]] = {}
    for breach, read_at in Notice.objects.filter(account=account, phase__breach__in=rows).values_list(
        "phase__breach", "read_at"
    ):
        notices.setdefault(breach, []).append(read_at)
    return [_line(row, told_at.get(row.pk), notices.get(row.pk, []), at) for row in rows]


def _line(breach: Breach, told_at: datetime | None, read_at: list[datetime | None], at: datetime) -> Line:
    known = min(filter(None, (told_at, *read_at)), default=None)
    clock = own_clock(known)
    return Line(
        breach, known, clock, hours_left(clock.due_at, at=at) if clock else None, bool(read_at) and None not in read_at
    )
