"""The registry: a declaration is enough, ends as the agreement counts them, one statement, order and urgency."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import RequestFactory

from board.running import Clock, Clocks, Urgency, address_of
from cannonworks import clocks
from cannonworks.clocks import Who
from cannonworks.deadlines import AMSTERDAM, Kind, Term, Unit, compute, local_date, start_of_day
from cannonworks.ends import end_of, midnight, working_days
from cannonworks.listing import Order, listing
from retention.models import Alarm
from tests.board.clocks import declared, row, running
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 17, 9, 30, tzinfo=AMSTERDAM)
INSTANT = timedelta(microseconds=1)
HOUR = timedelta(hours=1)


def terms():
    return [
        Kind(f"{count} {unit.value}", "13", Term(count, unit), "x")
        for count, unit in ((48, Unit.HOURS), (24, Unit.HOURS), (15, Unit.DAYS), (1, Unit.WORKING_DAYS), (2, Unit.WORKING_DAYS), (5, Unit.WORKING_DAYS))
    ]  # fmt: skip


#: Before and over both clock changes, holidays, the end of a year, midnight itself and the instants around it.
STARTS = [
    datetime(2026, 3, 27, 15, 0, tzinfo=AMSTERDAM), datetime(2026, 3, 29, 1, 59, tzinfo=AMSTERDAM),
    datetime(2026, 3, 29, 3, 0, tzinfo=AMSTERDAM), datetime(2026, 10, 23, 12, 0, tzinfo=AMSTERDAM),
    datetime(2026, 10, 25, 2, 30, tzinfo=AMSTERDAM), datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=AMSTERDAM),
    datetime(2026, 4, 2, 17, 0, tzinfo=AMSTERDAM), datetime(2026, 12, 24, 9, 0, tzinfo=AMSTERDAM),
    datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=AMSTERDAM), datetime(2027, 1, 1, tzinfo=AMSTERDAM),
    datetime(2026, 4, 27, 0, 0, tzinfo=AMSTERDAM), datetime(2024, 2, 29, 8, 0, tzinfo=AMSTERDAM),
]  # fmt: skip


@pytest.mark.clause("Time", "13", "15", "6")
@pytest.mark.parametrize("term", terms(), ids=lambda term: term.name)
def test_the_database_ends_a_term_at_the_moment_that_the_calendar_does(term):
    for start in STARTS:
        row(start)
    with declared(due=None, term=term, rows=Alarm.objects.all()) as kind:
        found = running(datetime(2027, 1, 10, tzinfo=AMSTERDAM), kind).first(99)
        assert all(term.name.split()[0] in clock.explain()[1] for clock in found)
    starts = [
        start.astimezone(UTC) for start in STARTS
    ]  # moments in the doubled hour equal no others by their local time
    assert {clock.start: clock.due_at for clock in found} == {
        start: compute(term, start).due_at.astimezone(UTC) for start in starts
    }


def test_the_days_that_a_statement_knows_are_enough_for_whatever_may_run():
    days = [date.fromisoformat(on) for on in working_days(local_date(AT)).strip("{}").split(",")]
    assert days[0] < date(2023, 11, 20)
    assert days[-1] > date(2027, 2, 1)
    assert date(2026, 12, 25) not in days


def test_midnight_is_that_of_amsterdam_on_either_side_of_a_clock_change():
    for start in (datetime(2026, 3, 29, 12, tzinfo=AMSTERDAM), datetime(2026, 10, 25, 12, tzinfo=AMSTERDAM)):
        row(start)
    found = (
        Alarm.objects.annotate(begins=midnight("raised_at__date"))
        .order_by("raised_at")
        .values_list("begins", flat=True)
    )
    assert list(found) == [start_of_day(date(2026, 3, 29)), start_of_day(date(2026, 10, 25))]


def test_what_is_declared_in_days_cannot_be_counted_in_hours():
    from cannonworks.ends import earlier

    with pytest.raises(ValueError, match="no number of hours"):
        earlier("raised_at", Term(2, Unit.DAYS))
    assert end_of(terms()[0], "raised_at")


def test_a_declaration_says_an_end_and_a_clause_and_has_a_name_of_its_own():
    for wrong in ({"due": None}, {"clause": ""}):
        with pytest.raises(ValueError, match="no clause or end"), declared(**wrong):
            pass
    with declared() as kind:
        assert kind in clocks.kinds()
        with pytest.raises(ValueError, match="there already"):
            clocks.declare(
                "tried",
                label="x",
                rows=Alarm.objects.all(),
                start="raised_at",
                due="cleared_at",
                clause="5",
                may="x",
                who=Who.US,
            )
    assert kind not in clocks.kinds()


# --- Urgency ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("term", "passed", "urgency"),
    [
        (timedelta(hours=48), timedelta(hours=24) - INSTANT, Urgency.RUNNING),
        (timedelta(hours=48), timedelta(hours=24), Urgency.HALF),
        (timedelta(hours=48), timedelta(hours=36) - INSTANT, Urgency.HALF),
        (timedelta(hours=48), timedelta(hours=36), Urgency.THREE_QUARTERS),
        (timedelta(hours=48), timedelta(hours=43, minutes=12) - INSTANT, Urgency.THREE_QUARTERS),
        (timedelta(hours=48), timedelta(hours=43, minutes=12), Urgency.NINE_TENTHS),
        (timedelta(hours=48), timedelta(hours=48) - INSTANT, Urgency.NINE_TENTHS),
        (timedelta(hours=48), timedelta(hours=48), Urgency.PAST),
        (timedelta(hours=48), timedelta(0), Urgency.RUNNING),
        (timedelta(0), timedelta(0), Urgency.PAST),
        (timedelta(minutes=3), timedelta(seconds=162), Urgency.NINE_TENTHS),
    ],
)
@pytest.mark.parametrize(
    "start", [AT, datetime(2026, 3, 28, 12, tzinfo=AMSTERDAM), datetime(2026, 10, 24, 12, tzinfo=AMSTERDAM)]
)
def test_urgency_is_the_part_of_the_elapsed_term_to_the_microsecond(start, term, passed, urgency):
    began = start.astimezone(UTC)  # so that hours are elapsed ones, also over a clock change
    row(began, began + term)
    with declared() as kind:
        (found,) = running(began + passed, kind).first(9)
    assert (found.urgency, found.alarm_at) == (urgency, began + 0.9 * term)


def test_what_may_not_begin_before_its_end_only_waits():
    notice = Kind("notice", "12", Term(14, Unit.DAYS), "x", waiting=True)
    row(AT)
    with declared(due=None, term=notice, rows=Alarm.objects.all()) as kind:
        found = [running(at, kind).first(1)[0].urgency for at in (AT, AT + timedelta(days=14), AT + timedelta(days=99))]
        assert running(AT, kind).counts()[Urgency.WAITING] == 1
    assert found == [Urgency.WAITING] * 3


def test_numbers_are_counted_by_urgency_and_one_urgency_can_be_seen_alone():
    for passed in (1, 5, 5, 8, 9.5, 11, 12, 13):
        row(AT - passed * HOUR, 10 * HOUR)
    with declared() as kind:
        counts = running(AT, kind).counts()
        past = Clocks([kind], AT, Urgency.PAST)
        assert [clock.urgency for clock in past.first(9)] == [Urgency.PAST] * 3
        assert past.counts() == counts  # of all, for the choices beside it
    assert counts == {
        Urgency.WAITING: 0, Urgency.RUNNING: 1, Urgency.HALF: 2, Urgency.THREE_QUARTERS: 1, Urgency.NINE_TENTHS: 1,
        Urgency.PAST: 3,
    }  # fmt: skip


# --- Order, pages, statements -----------------------------------------------------------------------------------------


def test_pages_go_on_where_the_one_before_ended_there_and_back_to_the_microsecond():
    """Two kinds, moments that differ by microseconds, and some that do not differ."""
    for number in range(7):
        row(AT, HOUR + (number // 2) * INSTANT, about=f"{number}")
    user, order = StaffFactory(), (Order("due", "x", Clocks.ORDER),)
    with declared() as one, declared("other", rows=Alarm.objects.filter(about__in="0246")) as other:
        whole = running(AT, one, other)
        expected = [(clock.name, clock.reference) for clock in whole.first(99)]

        def page(query):
            request = RequestFactory().get(f"/admin/deadlines/{query}")
            request.user = user
            return listing(request, whole, order, size=3)

        pages = [page("")]
        while pages[-1].next:
            pages.append(page(pages[-1].next))
        back = [pages[-1]]
        while back[-1].previous:
            back.append(page(back[-1].previous))
    assert len(expected) == 11
    assert [(row.name, row.reference) for page in pages for row in page.rows] == expected
    assert [[row.reference for row in page.rows] for page in reversed(back)][1:] == [
        [row.reference for row in page.rows] for page in pages
    ][1:]


def test_clocks_are_sorted_by_their_end_whatever_their_kind():
    row(AT, 5 * HOUR, about="late")
    row(AT, 2 * HOUR, about="soon")
    with declared() as one, declared("other", rows=Alarm.objects.filter(about="late"), due="raised_at") as other:
        found = running(AT, one, other).first(9)
    assert [(clock.name, clock.reference) for clock in found] == [
        ("other", "late"),
        ("tried", "soon"),
        ("tried", "late"),
    ]


@pytest.mark.parametrize("count", [1, 3])
def test_all_kinds_are_one_statement_however_many_rows_they_have(django_assert_num_queries, count):
    for _each in range(count):
        row(AT, HOUR)
    with declared(), declared("empty", rows=Alarm.objects.none()):
        with django_assert_num_queries(1):
            assert len(running(AT).first(50)) == count
        with django_assert_num_queries(1):
            running(AT).counts()


def test_no_kinds_are_no_statement(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert Clocks([], AT).first(9) == []
        assert set(Clocks([], AT).counts().values()) == {0}


# --- Words ------------------------------------------------------------------------------------------------------------


def test_a_clock_explains_itself_by_its_rule_or_says_where_its_end_comes_from(settings):
    from django.utils import translation

    ours = Kind("ours", "5", Term(1, Unit.WORKING_DAYS), "the alarm was raised", is_ours=True)
    row(datetime(2026, 4, 2, 17, tzinfo=AMSTERDAM), AT)
    with translation.override("en"):
        with declared(due=None, term=ours) as kind:
            counted = running(AT, kind).first(1)[0].explain()
        with declared(why="A date that was chosen.") as kind:
            chosen = running(AT, kind).first(1)[0].explain()
        with declared(term=ours) as kind:  # an end that is not that of the rule is not explained by it
            other = running(AT, kind).first(1)[0].explain()
    assert counted == [
        "Start: Thursday 2 April 2026 17:00 (the alarm was raised).",
        "Rule: 1 working day, a term of our own; the agreement has none.",
        "Not counted: Thursday 2 April 2026 (the day it starts).",
        "Not counted: Friday 3 April 2026 (Good Friday).",
        "Not counted: Saturday 4 April 2026 (Saturday).",
        "Not counted: Sunday 5 April 2026 (Sunday).",
        "Not counted: Monday 6 April 2026 (Easter Monday).",
        "Due: until the end of Tuesday 7 April 2026.",
        "Calendar: nl-2026.1, Amsterdam time.",
    ]
    assert chosen == [
        "Start: Thursday 2 April 2026 17:00.", "A date that was chosen.", "Due: Tuesday 17 November 2026 09:30.",
    ]  # fmt: skip
    assert other == ["Start: Thursday 2 April 2026 17:00.", "Due: Tuesday 17 November 2026 09:30."]


def test_an_address_of_no_page_is_empty():
    assert address_of("retention.alarm:7") == "/admin/retention/alarm/7/change/"
    assert address_of("nothing.here:7") == ""


@pytest.mark.parametrize(
    ("reference", "short"), [("0d7b1ffb-8080-4000-b50c-4e734ec2e4d1", "0d7b1ffb"), ("CW-L5M6-7Q2P", "CW-L5M6-7Q2P")]
)
def test_a_code_is_shown_whole_and_of_a_random_reference_the_beginning(reference, short):
    made = dict.fromkeys(("kind", "start", "due_at", "account", "number", "page", "urgency"))
    assert Clock(**made, reference=reference).short == short
