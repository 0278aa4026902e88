"""Who keep the register, and rows of it to begin with."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from accounts.models import User
from audits.improving import note_done, plan_improvement, record_finding
from audits.measuring import enter_measure, put_in_place, take_ownership
from audits.models import Finding, Improvement, Measure, Origin, Severity
from cannonworks.deadlines import local_date
from tests.cast import member

#: Monday 2 March 2026, 10:30 in Amsterdam.
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ON = date(2026, 3, 2)
WORDS = {
    "title_nl": "Deuren op slot", "title_en": "Doors locked", "text_nl": "De serverruimte is op slot.",
    "text_en": "The server room is locked.", "controls": ["7.2", "7.10", "5.15"], "is_public": True,
}  # fmt: skip


def keeper(first_name: str = "Petra") -> User:
    return member("Privacy officer", first_name=first_name)


def measure(actor: User, **said: Any) -> Measure:
    return enter_measure(actor=actor, **WORDS | said)


def in_place(actor: User, *, at: datetime = AT, days: int = 90, **said: Any) -> Measure:
    """A measure of the actor that works, to be looked at again after so many days."""
    row = take_ownership(measure(actor, **said), actor=actor)
    return put_in_place(row, actor=actor, at=at, review_on=local_date(at) + timedelta(days=days))


def finding(actor: User, *, severity: str = Severity.MEDIUM, at: datetime = AT) -> Finding:
    return record_finding(
        origin=Origin.OTHER, of=None, title="Deur stond open", text="De deur stond open.", severity=severity,
        actor=actor, at=at,
    )  # fmt: skip


def improvement(actor: User, of: Finding | None = None, *, at: datetime = AT, days: int = 10) -> Improvement:
    return plan_improvement(
        of or finding(actor, at=at), actor=actor, at=at, text="Een dranger op de deur.", owner=actor,
        due_on=local_date(at) + timedelta(days=days),
    )  # fmt: skip


def done(actor: User, of: Finding | None = None) -> Improvement:
    return note_done(improvement(actor, of), actor=actor, at=AT, result="De dranger hangt.")
