"""What the contact of a sub-processor sees and does: who of theirs has access, and that somebody left (§10).

They have no sign-in: a link goes to the mailbox that stands in the register, works for a short time, and lets its
bearer reach what is of that sub-processor, under the role of a reader, and of no customer anything.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import outbox
from cannonworks import isolation
from cannonworks.errors import Refused
from cannonworks.pages import open_place, seal_place
from cannonworks.rates import is_too_often
from journal import services as journal
from processors import helping
from processors.models import Helper, Project, Stage, SubProcessor

log = logging.getLogger(__name__)

#: How long a link works.
LINK_LASTS = timedelta(hours=2)
#: Links to one mailbox in a day, whoever asks for them.
MAILS_A_DAY = 5
DAY, HOUR = 86_400, 3_600
#: Of so long ago looks are counted.
LOOKS_OF = timedelta(days=90)
#: What links are sealed for; addresses end up in logs, so what they carry cannot be read.
PURPOSE = "who has access"
#: Who hears that somebody left.
MAY_KNOW = "processors.change_helper"


@dataclass(frozen=True)
class Person:
    """Somebody of a sub-processor. ``looks``: pages opened in ``LOOKS_OF``; ``projects``: the latest first."""

    reference: UUID
    name: str
    category: str
    bound_since: date | None
    ended_at: datetime | None
    is_inside: bool
    projects: list[Project]
    looks: int
    looked_at: datetime | None


@dataclass(frozen=True)
class Access:
    """Who of a sub-processor has, or had, access; those who can look at this moment first."""

    sub_processor: SubProcessor
    people: list[Person]

    @property
    def inside(self) -> int:
        """How many can look at this moment."""
        return sum(person.is_inside for person in self.people)


# --- The link --------------------------------------------------------------------------------------------------------


def ask(email: str, *, at: datetime) -> None:
    """Mail a link to the contact with this mailbox, if it is one; nobody learns whether it is.

    After ``MAILS_A_DAY`` to one mailbox, or ``REQUEST_MAILS_AN_HOUR`` in all, it mails no more and says nothing of it.
    """
    email = email.lower()
    if is_too_often("access", email, most=MAILS_A_DAY, seconds=DAY):
        return
    if is_too_often("access", "everybody", most=settings.REQUEST_MAILS_AN_HOUR, seconds=HOUR):
        log.warning("more than %s links to who has access were asked for in an hour", settings.REQUEST_MAILS_AN_HOUR)
        return
    for house in SubProcessor.objects.filter(contact_email__iexact=email).exclude(stage=Stage.ENDED):
        with bearing(house.reference):
            outbox.plan("processors/access_link", about=house.reference, account=None, at=at)
            journal.record("helper.link_asked", clause="10", sub_processor=house.pk)


def seal(house: SubProcessor, *, at: datetime) -> str:
    """The part of an address that carries a link to who has access, made ``at`` a moment for the contact of now."""
    return seal_place([str(house.reference), house.contact_email.lower(), int(at.timestamp())], PURPOSE)


def opened(token: str, *, at: datetime) -> SubProcessor:
    """The sub-processor that a link is of.

    Refused (``link_over``) when it is none of ours, made ``LINK_LASTS`` ago or longer, or of a contact of before.
    """
    try:
        reference, email, made = open_place(token, PURPOSE)
        made_at = datetime.fromtimestamp(made, UTC)
    except ValueError:
        raise link_over() from None
    with bearing(UUID(reference)):
        house = SubProcessor.objects.filter(reference=reference).exclude(stage=Stage.ENDED).first()
    if house is None or house.contact_email.lower() != email or at >= made_at + LINK_LASTS:
        raise link_over()
    return house


def link_over() -> Refused:
    """What whoever has a link that does not work is told."""
    return Refused("link_over", _("This link does not work any more. Ask for a new one."), clause="10")


@contextmanager
def bearing(reference: UUID) -> Iterator[None]:
    """Be whoever bears the link of this sub-processor, and nobody else."""
    with isolation.acting_as(isolation.reader(str(reference))):
        yield


# --- Who has access --------------------------------------------------------------------------------------------------


def access_of(house: SubProcessor, *, at: datetime) -> Access:
    """Who of the sub-processor has access at this moment, had it, or will."""
    on = timezone.localdate(at)
    projects = Prefetch("projects", Project.objects.order_by("-starts_at", "-pk"))
    with bearing(house.reference):
        is_agreed = SubProcessor.objects.under_agreement(on).filter(pk=house.pk).exists()
        helpers = Helper.objects.filter(sub_processor=house.pk).prefetch_related(projects).in_bulk()
        people = [_person(helpers[row[0]], row, is_agreed=is_agreed, at=at) for row in _people(on, at)]
    people.sort(key=lambda person: (not person.is_inside, person.ended_at is not None, person.name))
    return Access(house, people)


def _people(on: date, at: datetime) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT helper_id, reference, name, bound_since, looks, looked_at FROM processors_people_of_link(%s, %s)",
            [on, at - LOOKS_OF],
        )
        return cursor.fetchall()


def _person(helper: Helper, row: tuple, *, is_agreed: bool, at: datetime) -> Person:
    _helper, reference, name, bound_since, looks, looked_at = row
    projects = [project for project in helper.projects.all() if project.sub_processor_id == helper.sub_processor_id]
    runs = any(project.starts_at <= at < project.ends_at for project in projects)
    stays = helper.ended_at is None or at < helper.ended_at
    return Person(
        reference, name, helper.get_category_display(), bound_since, helper.ended_at,
        is_inside=is_agreed and stays and runs and bound_since is not None,
        projects=projects, looks=looks, looked_at=looked_at,
    )  # fmt: skip


def person_of(house: SubProcessor, reference: UUID, *, at: datetime) -> Person:
    """One of the sub-processor's people who is still there; Refused for anybody else."""
    found = next((each for each in access_of(house, at=at).people if each.reference == reference), None)
    if found is None or found.ended_at is not None:
        raise Refused("has_left", _("This helper has left already."), clause="10")
    return found


@transaction.atomic
def report_left(house: SubProcessor, reference: UUID, *, at: datetime) -> None:
    """End the access of one of the sub-processor's people at once, as their contact says; staff are mailed (§10).

    Refused for who is none of theirs, or has left.
    """
    person_of(house, reference, at=at)
    with isolation.acting_as(isolation.JOBS):  # the bearer of a link changes no user and ends no session
        helper = helping.shut_out(Helper.objects.get(user__reference=reference, sub_processor=house.pk), at=at)
        journal.record("helper.left", clause="10", helper=helper.user.reference, sub_processor=house.pk)
        outbox.tell_staff(MAY_KNOW, "processors/helper_left", about=helper.user.reference, account=None, at=at)
