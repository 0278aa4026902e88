"""Measures: entered, owned, put in place, looked at again within a year, and perhaps withdrawn (§7, AVG 32)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import papers
from accounts.models import PaperKind, User
from audits import catalogue
from audits.improving import record_finding
from audits.keeping import REVIEW_WITHIN, check_day, check_keeps, check_owner, save, save_new
from audits.models import Finding, Measure, MeasureState, Origin, Review
from cannonworks.deadlines import local_date
from cannonworks.errors import Refused
from journal import services as journal

#: What staff say of a measure.
SAID = ("title_nl", "title_en", "text_nl", "text_en", "controls", "is_public")


@transaction.atomic
def enter_measure(*, actor: User, **said: Any) -> Measure:
    """Enter a measure (``SAID``), planned and without owner. ValidationError for what cannot be."""
    check_keeps(actor, "add_measure")
    measure = Measure(**_said(said))
    save_new(measure)
    journal.record("measure.entered", actor=actor, clause="7", measure=measure.reference, controls=measure.controls)
    return measure


@transaction.atomic
def change_measure(measure: Measure, *, actor: User, **said: Any) -> Measure:
    """Change what is said of it (any of ``SAID``). Locks it."""
    measure = _locked(measure, actor)
    said = _said(said)
    changed = [name for name, value in said.items() if getattr(measure, name) != value]
    if not changed:
        return measure
    for name in changed:
        setattr(measure, name, said[name])
    save(measure, *changed)
    _record("measure.changed", measure, actor, fields=changed)
    return measure


@transaction.atomic
def take_ownership(measure: Measure, *, actor: User, owner: User | None = None) -> Measure:
    """Have ``owner``, or else the actor, answer for it. ValidationError for who could not. Locks it."""
    measure = _locked(measure, actor)
    owner = owner or actor
    check_owner(owner, "change_measure")
    measure.owner = owner
    save(measure, "owner")
    _record("measure.owned", measure, actor, owner=owner.reference)
    return measure


@transaction.atomic
def put_in_place(measure: Measure, *, actor: User, at: datetime, review_on: date) -> Measure:
    """Say that it works from now, and by when it is looked at again: within a year. Refused without owner. Locks it."""
    measure = _locked(measure, actor)
    if measure.state == MeasureState.IN_PLACE:
        raise Refused("in_place", _("This measure is in place already."), clause="7")
    if measure.owner is None:
        raise Refused("no_owner", _("Nobody answers for this measure yet. Give it an owner first."), clause="7")
    _check_mended(measure)
    check_day("review_on", review_on, on=local_date(at), within=REVIEW_WITHIN)
    measure.state, measure.reviewed_at, measure.review_on = MeasureState.IN_PLACE, at, review_on
    measure.withdrawn_because = ""
    save(measure, "state", "reviewed_at", "review_on", "withdrawn_because")
    _record("measure.put_in_place", measure, actor, review_on=review_on)
    return measure


@transaction.atomic
def review_measure(
    measure: Measure,
    *,
    actor: User,
    at: datetime,
    works: bool,
    seen: str,
    review_on: date,
    file: File | None = None,
    title: str = "",
    severity: str = "",
) -> Review:
    """Note whether it works and what was seen, with evidence, and by when it is looked at again (within a year).

    When it does not, what was seen is a finding, of ``title`` and ``severity``, in the same transaction, and it is no
    longer in place until that is mended (``improving.close_finding``) or, where the finding was accepted, a later
    review sees that it works. Refused when it is not in place, or works while such a finding is open; ValidationError
    for what cannot be. Locks it.
    """
    measure = _locked(measure, actor)
    if measure.state not in (MeasureState.IN_PLACE, MeasureState.FAILING):
        raise Refused("not_in_place", _("Only a measure that is in place can be looked at."), clause="7")
    if works:
        _check_mended(measure)
    check_day("review_on", review_on, on=local_date(at), within=REVIEW_WITHIN)
    review = Review(measure=measure, works=works, seen=seen, reviewed_by=actor.reference, reviewed_at=at)
    if file:
        review.paper = papers.keep(file, kind=PaperKind.EVIDENCE, actor=actor, at=at, clause="7")
    save_new(review)
    measure.state = MeasureState.IN_PLACE if works else MeasureState.FAILING
    measure.reviewed_at, measure.review_on = at, review_on
    save(measure, "state", "reviewed_at", "review_on")
    evidence = review.paper and review.paper.digest
    _record(
        "measure.reviewed", measure, actor, review=review.reference, works=works, review_on=review_on, paper=evidence
    )
    if not works:
        record_finding(
            origin=Origin.REVIEW, of=review.reference, title=title, text=seen, severity=severity, actor=actor, at=at,
            measure=measure,
        )  # fmt: skip
    return review


@transaction.atomic
def withdraw_measure(measure: Measure, *, actor: User, because: str) -> Measure:
    """Say that we do this no longer, and why; it stays in the register. Refused when it is so already. Locks it."""
    measure = _locked(measure, actor)
    if measure.state == MeasureState.WITHDRAWN:
        raise Refused("withdrawn", _("This measure is withdrawn already."), clause="7")
    if not because.strip():
        raise ValidationError({"because": _("Say why we do this no longer.")})
    measure.state, measure.withdrawn_because = MeasureState.WITHDRAWN, because
    save(measure, "state", "withdrawn_because")
    _record("measure.withdrawn", measure, actor)
    return measure


def _said(said: dict[str, Any]) -> dict[str, Any]:
    if unknown := sorted(set(said) - set(SAID)):
        raise TypeError(f"A measure does not say {', '.join(unknown)}.")
    return said | {"controls": _controls(said["controls"])} if "controls" in said else said


def _controls(numbers: Iterable[str]) -> list[str]:
    given = list(numbers)
    if unknown := sorted(set(given) - set(catalogue.CONTROLS)):
        message = _("There is no control %(numbers)s in Annex A of ISO/IEC 27001:2022.")
        raise ValidationError({"controls": message % {"numbers": ", ".join(unknown)}})
    return catalogue.in_order(set(given))


def _check_mended(measure: Measure) -> None:
    if Finding.objects.that_reviews_saw(measure).exists():
        words = _("A review found that this measure does not work. Close that finding: then it is in place again.")
        raise Refused("finding_open", words, clause="7")


def _locked(measure: Measure, actor: User) -> Measure:
    check_keeps(actor, "change_measure")
    return Measure.objects.select_for_update(of=("self",)).get(pk=measure.pk)


def _record(event: str, measure: Measure, actor: User, **facts: Any) -> None:
    journal.record(event, actor=actor, clause="7", measure=measure.reference, **facts)
