"""Papers that end, changes that wait and objections to answer are on the board, to the day (§9, §11)."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from board.running import Clocks, Urgency
from cannonworks import isolation
from cannonworks.clocks import kinds, kinds_for
from cannonworks.deadlines import AMSTERDAM, start_of_day
from processors import announcing, objecting
from tests import registers
from tests.cast import member
from tests.processors.test_announcing import FIRST, announced, house, later  # noqa: F401  a fixture
from tests.processors.test_contracting import AT, DAY, _as_jobs, officer, protected  # noqa: F401  fixtures

pytestmark = [pytest.mark.django_db, pytest.mark.clause("9")]
NAMES = ("agreement_expiry", "transfer_expiry", "sub_processor_change", "objection_answer")


def lines(at) -> list[tuple[str, datetime, Urgency]]:
    own = [kind for kind in kinds() if kind.name in NAMES]
    return [(row.name, row.due_at, row.urgency) for row in Clocks(own, at).first(9)]


def midnight(*day):
    return datetime(*day, tzinfo=AMSTERDAM)


@pytest.mark.clause("11")
def test_papers_that_end_are_told_from_ninety_days_before(officer):  # noqa: F811
    home = registers.house("Paper Plane", country="US")
    assert lines(AT) == []  # without an end there is no clock
    registers.agreement(home, valid_until=date(2026, 12, 31))
    due = midnight(2027, 1, 1)
    told = [lines(midnight(*day))[0] for day in ((2026, 10, 2), (2026, 11, 20), (2026, 12, 23), (2027, 1, 1))]
    assert told == [
        ("agreement_expiry", due, Urgency.RUNNING), ("agreement_expiry", due, Urgency.HALF),
        ("agreement_expiry", due, Urgency.NINE_TENTHS), ("agreement_expiry", due, Urgency.PAST),
    ]  # fmt: skip
    protected(home, officer, valid_until=date(2026, 12, 30))
    assert [name for name, _due, _urgency in lines(AT)] == ["transfer_expiry", "agreement_expiry"]
    registers.agreement(home)
    assert [name for name, _due, _urgency in lines(AT)] == ["transfer_expiry"]


def test_a_change_waits_for_its_day_and_is_overdue_after_it(house, officer, holder):  # noqa: F811
    change = announced(house, officer)
    assert lines(AT) == [("sub_processor_change", start_of_day(FIRST + DAY), Urgency.RUNNING)]
    with isolation.acting_as(isolation.of(holder)):
        objecting.object_to(change, holder.account, actor=holder, at=AT, words="Nee.")
    assert [name for name, _due, _urgency in lines(AT)] == ["objection_answer", "sub_processor_change"]
    assert [urgency for _name, _due, urgency in lines(later(32))] == [Urgency.PAST, Urgency.PAST]
    announcing.withdraw(change, actor=officer, at=AT, answer="Goed.")
    assert lines(AT) == []


@pytest.mark.parametrize(("role", "seen"), [("Privacy officer", 4), ("Security officer", 4), ("Support", 0)])
def test_who_keeps_the_register_sees_them(role, seen):
    assert len([kind for kind in kinds_for(member(role)) if kind.name in NAMES]) == seen
