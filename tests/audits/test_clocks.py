"""What is due of measures and findings stands on the board (§7)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from audits import improving, measuring
from board.running import Clocks
from cannonworks.clocks import kinds_for
from cannonworks.deadlines import start_of_day
from tests.audits import keepers
from tests.audits.keepers import AT, ON, keeper
from tests.cast import member

pytestmark = [pytest.mark.django_db, pytest.mark.clause("7")]


@pytest.fixture
def petra(db):
    return keeper("Petra")


@pytest.fixture
def sven(db):
    return member("Security officer", first_name="Sven")


def running(of) -> list[tuple[str, datetime, str]]:
    """The clocks that this member of staff sees: name, end and page."""
    found = Clocks([kind for kind in kinds_for(of) if kind.may.startswith("audits.")], AT).first(10)
    return [(each.name, each.due_at.astimezone(UTC), each.page) for each in found]


def test_a_measure_is_due_at_the_end_of_its_day(petra):
    measure = keepers.in_place(petra, days=30)
    until = start_of_day(date(2026, 4, 2)).astimezone(UTC)  # the clock went forward meanwhile
    assert running(petra) == [("measure_review", until, f"audits.measure:{measure.pk}")]
    assert "/admin/audits/measure/" in Clocks(kinds_for(petra), AT).first(1)[0].address
    measuring.withdraw_measure(measure, actor=petra, because="Weg.")
    assert running(petra) == []


def test_a_finding_runs_until_something_is_planned_and_again_when_it_helped(petra, sven):
    finding = keepers.finding(petra)
    place = f"audits.finding:{finding.pk}"
    assert running(petra) == [("finding_to_decide", start_of_day(date(2026, 3, 10)).astimezone(UTC), place)]
    planned = keepers.improvement(petra, finding, days=7)
    page = f"audits.improvement:{planned.pk}"
    assert running(petra) == [("improvement", start_of_day(date(2026, 3, 10)).astimezone(UTC), page)]
    later = AT + timedelta(days=1)
    improving.note_done(planned, actor=petra, at=later, result="Gedaan.")
    assert running(petra) == [("improvement_to_verify", start_of_day(date(2026, 3, 11)).astimezone(UTC), page)]
    improving.verify_improvement(planned, actor=sven, at=later, helped=True, seen="Ja.")
    assert running(petra) == [("finding_to_decide", start_of_day(date(2026, 3, 11)).astimezone(UTC), place)]
    improving.close_finding(finding, actor=sven, at=later)
    assert running(petra) == []


def test_what_was_accepted_waits_for_nothing(petra):
    planned = keepers.improvement(petra)
    improving.accept_finding(planned.finding, actor=petra, at=AT, because="Het gebouw gaat dicht.")
    assert running(petra) == []


def test_who_does_not_keep_the_register_sees_none(petra):
    keepers.improvement(petra)
    assert running(member("Support")) == []


def test_a_clock_says_how_it_is_counted(petra):
    keepers.in_place(petra, days=30)
    keepers.finding(petra)
    for clock in Clocks(kinds_for(petra), AT).first(5):
        assert len(clock.explain()) >= 3
    assert ON + timedelta(days=30) == date(2026, 4, 1)
