"""Demonstration data of measures: most in place, one of which a review found something about (§7)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from accounts.models import User
from audits import improving, measuring
from audits.models import Finding, Measure
from cannonworks.deadlines import local_date

#: What stays planned, so that there is something to take up.
PLANNED = ("locked-dependencies", "test-data", "audits")


def make_measures(*, owner: User, second: User, at: datetime) -> None:
    """Put measures in place, review one, and follow what was found up to the second person."""
    for number, measure in enumerate(Measure.objects.exclude(code__in=PLANNED).order_by("pk")):
        measuring.take_ownership(measure, actor=owner)
        seen_at = at - timedelta(days=7 * number)
        measuring.put_in_place(measure, actor=owner, at=seen_at, review_on=_in(180, seen_at))
    backups = Measure.objects.get(code="backups")
    measuring.review_measure(
        backups, actor=owner, at=at - timedelta(days=6), works=False, severity="medium", review_on=_in(90, at),
        seen="De proef met terugzetten is deze week niet gelopen.", title="Proef met terugzetten overgeslagen",
    )  # fmt: skip
    plan = improving.plan_improvement(
        Finding.objects.get(measure=backups), actor=owner, at=at - timedelta(days=5), owner=second,
        text="Een alarm als de proef een week niet is gelopen.", due_on=_in(9, at),
    )  # fmt: skip
    improving.note_done(plan, actor=second, at=at - timedelta(days=1), result="Het alarm staat aan, en ging af.")


def _in(days: int, at: datetime) -> date:
    return local_date(at) + timedelta(days=days)
