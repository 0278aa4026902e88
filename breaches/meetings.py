"""What the page of a consultation shows: its clock, the moments to choose from, and what was agreed (§13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from breaches.models import Breach, Consultation, Meeting
from cannonworks.calendars import Event, calendar
from cannonworks.deadlines import Unit, explain, local_date
from cannonworks.left import Left, days_left


@dataclass(frozen=True)
class Shown:
    """One consultation as an account sees it. ``breach`` None: a report that nobody has judged yet, or not told yet."""

    consultation: Consultation
    breach: Breach | None
    offered: list[Meeting]
    asked: list[Meeting]
    left: Left | None
    explained: list[str]
    can_decide: bool

    @property
    def meeting(self) -> Meeting | None:
        """The moment that was agreed on."""
        return self.consultation.meeting

    @property
    def is_held(self) -> bool:
        return self.consultation.held_at is not None


def shown(consultation: Consultation, *, user: User, at: datetime) -> Shown:
    """Everything the page needs; four queries at most."""
    waits = not consultation.is_over and consultation.agreed_at is None
    return Shown(
        consultation=consultation,
        # By its key: what the account was not told of it does not see.
        breach=Breach.objects.filter(pk=consultation.breach_id).first() if consultation.breach_id else None,
        offered=list(Meeting.objects.open_to(consultation, at)),
        asked=list(Meeting.objects.asked_for(consultation, at)),
        left=days_left(consultation.due_at, Unit.WORKING_DAYS, on=local_date(at)) if waits else None,
        explained=explain(consultation.deadline),
        can_decide=user.is_main,
    )


def file_of(meeting: Meeting, *, title: str, text: str) -> bytes:
    """The moment as a file for the calendar of whoever comes; the same one again when it is taken twice."""
    event = Event(
        uid=f"{meeting.reference}@consultation", starts_at=meeting.starts_at, ends_at=meeting.ends_at, title=title,
        text=text, place=meeting.place, stamp=meeting.starts_at,
    )  # fmt: skip
    return calendar([event])
