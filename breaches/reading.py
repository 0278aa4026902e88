"""What an account was told of breaches, and that it was read (§13).

Reading and acknowledging is possible whatever the state of the account, also while it is blocked under §15: a breach
does not wait for that. Anybody of the account may read; that the main user has, is what ends the banner.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account, User
from accounts.services import check_decides
from breaches.clock import own_clock
from breaches.models import Affected, Breach, Notice, Phase
from breaches.querysets import BreachQuerySet
from cannonworks.deadlines import Deadline
from cannonworks.errors import Refused
from journal import services as journal

#: What a phase tells, in the order in which it is read.
TEXTS = ("fact", "cause", "known_effects", "expected_effects", "measures_taken", "measures_proposed", "advice")


def breaches_of(account: Account) -> BreachQuerySet:
    """The breaches that this account was told of, or is about to be: the newest first."""
    return Breach.objects.told_to(account)


@dataclass(frozen=True)
class Told:
    """What one account knows of one breach. ``phases``: the released ones, the newest first; ``notices``: by phase."""

    breach: Breach
    affected: Affected | None
    phases: list[Phase]
    notices: dict[int, Notice]

    @property
    def latest(self) -> Phase:
        return self.phases[0]

    @cached_property
    def told_at(self) -> datetime | None:
        """Our first word to the holder: the mail server took the first notice, or he read it here before that."""
        moments = [notice.read_at for notice in self.notices.values() if notice.read_at]
        if self.affected and self.affected.told_at:
            moments.append(self.affected.told_at)
        return min(moments, default=None)

    @cached_property
    def clock(self) -> Deadline | None:
        """The holder's own 72 hours; None as long as he was told nothing."""
        return own_clock(self.told_at)

    @property
    def is_read(self) -> bool:
        """Whether the main user has read all that the account was told."""
        return bool(self.notices) and all(notice.read_at for notice in self.notices.values())

    @property
    def read_at(self) -> datetime | None:
        """When the main user read the latest phase."""
        notice = self.notices.get(self.latest.pk)
        return notice.read_at if notice else None

    @property
    def acknowledged_at(self) -> datetime | None:
        """When the main user said so of the latest phase."""
        notice = self.notices.get(self.latest.pk)
        return notice.acknowledged_at if notice else None

    @property
    def can_be_acknowledged(self) -> bool:
        """Whether there is a notice of which the main user has not said that he has read it."""
        return any(notice.acknowledged_at is None for notice in self.notices.values())

    def steps(self) -> Iterator[tuple[Phase, list[str]]]:
        """Each phase with the names of the texts that differ from those of the one before; the newest first."""
        for phase, before in zip(self.phases, [*self.phases[1:], None], strict=True):
            yield phase, [name for name in TEXTS if before is not None and phase.said(name) != before.said(name)]


def told(breach: Breach, account: Account) -> Told:
    """What the account knows of the breach: three queries. ``breach`` is one of ``breaches_of``."""
    phases = list(breach.phases.released().order_by("-number"))
    notices = Notice.objects.filter(account=account, phase__breach=breach)
    affected = Affected.objects.filter(account=account, breach=breach).first()
    return Told(breach, affected, phases, {notice.phase_id: notice for notice in notices})


@transaction.atomic
def read(breach: Breach, *, user: User, at: datetime) -> int:
    """Note that the main user opened all that the account was told of the breach; return how many phases were new.

    Of another user nothing is noted, nor of an account that is being erased, where nothing is written any more. Safe to
    repeat: what was read once keeps its moment.
    """
    if not user.is_main or user.account is None or user.account.claimed_at is not None:
        return 0
    return _note(breach, user=user, at=at, step="read", event="breach.read")


@transaction.atomic
def acknowledge(breach: Breach, *, user: User, at: datetime) -> int:
    """Note that the main user says to have read it, and so to have read it too; return how many phases were new.

    Safe to repeat. Refused for anybody else, and before there is a notice of the breach.
    """
    if user.account is None:
        raise Refused("not_main_user", _("Only the main user of the account can do this."))
    check_decides(user, user.account)
    if not Notice.objects.filter(account=user.account, phase__breach=breach).exists():
        raise Refused("not_told", _("You were not told of this breach yet. Try again in a few minutes."), clause="13")
    _note(breach, user=user, at=at, step="read", event="breach.read")
    return _note(breach, user=user, at=at, step="acknowledged", event="breach.acknowledged")


def _note(breach: Breach, *, user: User, at: datetime, step: str, event: str) -> int:
    """Write ``<step>_at`` and ``<step>_by`` where there is none yet, and a line in the journal if anything was new."""
    waiting = Notice.objects.filter(account=user.account_id, phase__breach=breach, **{f"{step}_at__isnull": True})
    found = dict(waiting.order_by("pk").select_for_update(of=("self",)).values_list("pk", "phase__number"))
    if not found:  # nearly always; of two at once the second finds nothing any more
        return 0
    Notice.objects.filter(pk__in=found).update(**{f"{step}_at": at, f"{step}_by": user.reference})
    journal.record(
        event, account=user.account, actor=user, clause="13", breach=breach.reference,
        phases=sorted(found.values()),
    )  # fmt: skip
    return len(found)
