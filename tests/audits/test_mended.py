"""A measure that a review saw not to work is not in place until that is mended (§7)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from audits import improving, measuring
from audits.coverage import coverage
from audits.models import Finding, Improvement, Measure, Origin
from cannonworks import isolation
from journal.models import Entry
from tests.audits import keepers
from tests.audits.keepers import AT, ON, keeper
from tests.refusals import refused

pytestmark = [pytest.mark.django_db, pytest.mark.clause("7")]
LATER = ON + timedelta(days=60)


@pytest.fixture
def petra(db):
    return keeper("Petra")


@pytest.fixture
def sven(db):
    return keeper("Sven")


@pytest.fixture
def failing(petra):
    """A measure that its owner saw not to work."""
    measure = keepers.in_place(petra)
    look(measure, petra, works=False, title="Deur open", severity="medium")
    return again(measure)


def look(measure, actor, **said):
    measuring.review_measure(measure, actor=actor, at=AT, seen="Ik keek.", review_on=LATER, **said)


def again(measure) -> Measure:
    return Measure.objects.get(pk=measure.pk)


def helped(finding, *, by, other) -> Improvement:
    made = keepers.done(by, finding)
    return improving.verify_improvement(made, actor=other, at=AT, helped=True, seen="Ze valt dicht.")


def test_it_is_in_place_again_once_what_was_found_is_mended(failing, petra, sven):
    assert failing.state == "failing"
    finding = Finding.objects.get()
    with refused("finding_open"):
        look(failing, sven, works=True)
    with refused("finding_open"):
        measuring.put_in_place(failing, actor=petra, at=AT, review_on=LATER)
    helped(finding, by=petra, other=sven)
    assert again(failing).state == "failing"
    improving.close_finding(finding, actor=sven, at=AT)
    assert again(failing).state == "in_place"
    assert Entry.objects.filter(event="measure.mended", facts__measure=str(failing.reference)).count() == 1


def test_two_findings_are_both_to_be_closed(failing, petra, sven):
    look(failing, petra, works=False, title="Raam open", severity="low")
    first, second = Finding.objects.order_by("id")
    for finding, state in ((first, "failing"), (second, "in_place")):
        helped(finding, by=petra, other=sven)
        improving.close_finding(finding, actor=sven, at=AT)
        assert again(failing).state == state


def test_accepting_what_was_found_mends_nothing_and_a_later_review_may(failing, petra, sven):
    improving.accept_finding(Finding.objects.get(), actor=sven, at=AT, because="De ruimte is leeg.")
    assert again(failing).state == "failing"
    look(failing, petra, works=True)
    assert again(failing).state == "in_place"


def test_a_finding_from_elsewhere_leaves_it_as_it_is(petra, sven):
    measure = keepers.in_place(petra)
    finding = improving.record_finding(
        origin=Origin.OTHER, of=None, title="Stof", text="Er lag stof.", severity="low", actor=petra, at=AT,
        measure=measure,
    )  # fmt: skip
    assert again(measure).state == "in_place"
    measuring.withdraw_measure(measure, actor=petra, because="Weg.")
    helped(finding, by=petra, other=sven)
    improving.close_finding(finding, actor=sven, at=AT)
    assert again(measure).state == "withdrawn"


@pytest.mark.parametrize("role", [isolation.VISITOR, isolation.Identity(isolation.Role.HOLDER)])
def test_nothing_public_says_that_we_do_it_and_staff_see_how_it_is(failing, role):
    with isolation.acting_as(role):
        assert list(Measure.objects.all()) == []
    assert [list(Measure.objects.told()), list(Measure.objects.failing())] == [[], [failing]]
    (covered,) = (each for each in coverage() if each.number == "7.10")
    assert (failing in covered.failing, failing in covered.in_place) == (True, False)


def test_it_stays_on_the_calendar_of_reviews(failing):
    assert list(Measure.objects.to_review(LATER)) == [failing]


def test_the_database_puts_nothing_in_place_that_is_not_mended(failing):
    for change in ("state = 'in_place'", "state = 'failing', owner_id = NULL"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE audits_measure SET {change} WHERE id = %s", [failing.pk])
