"""Clocks and calendar: literal examples, and an independent slow calendar that must always agree."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import holidays as other_holidays
import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from cannonworks import deadlines
from cannonworks.deadlines import (
    CALENDAR,
    KINDS,
    Skipped,
    Unit,
    compute,
    explain,
    holidays,
    kind_named,
    local_date,
    start_of_day,
    why_not_working,
)

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
ONE_DAY = timedelta(days=1)

days = st.dates(date(1990, 1, 1), date(2150, 12, 31))
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1990, 1, 1), datetime(2150, 12, 31), timezones=offsets)  # noqa: DTZ001


def due(name: str, start: str) -> str:
    return compute(kind_named(name), datetime.fromisoformat(start)).due_at.isoformat()


def skipped(name: str, start: str) -> list[tuple[str, str]]:
    return [(on.isoformat(), why) for on, why in compute(kind_named(name), datetime.fromisoformat(start)).excluded]


# --- An independent slow calendar ---------------------------------------------------------------------------
def slow_easter(year: int) -> date:
    """Easter Sunday by the anonymous Gregorian algorithm (Meeus, Astronomical Algorithms, chapter 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    f = (b + 8) // 25
    g = (b - f + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def slow_is_holiday(on: date) -> bool:
    if (on.month, on.day) in {(1, 1), (5, 5), (12, 25), (12, 26)}:
        return True
    if on.month == 4 and ((on.day == 27 and on.isoweekday() != 7) or (on.day == 26 and on.isoweekday() == 6)):
        return True  # King's Day; the 27th is a Sunday exactly when the 26th is a Saturday
    return (on - slow_easter(on.year)).days in {-2, 1, 39, 50}


def slow_is_working_day(on: date) -> bool:
    return on.isoweekday() <= 5 and not slow_is_holiday(on)


def slow_last_day(start: datetime, unit: Unit, count: int) -> date:
    on = start.astimezone(AMSTERDAM).date()
    while count > 0:
        on += ONE_DAY
        if unit is Unit.DAYS or slow_is_working_day(on):
            count -= 1
    return on


@given(days)
def test_working_days_agree_with_an_independent_calendar(on):
    assert (why_not_working(on) is None) == slow_is_working_day(on)


@pytest.mark.parametrize("year", range(1990, 2151))
def test_a_year_has_the_same_holidays_as_the_independent_calendar(year):
    walked = [date(year, 1, 1) + n * ONE_DAY for n in range(366)]
    assert sorted(holidays(year)) == [on for on in walked if on.year == year and slow_is_holiday(on)]


@pytest.mark.parametrize("year", range(2014, 2061))
def test_holidays_agree_with_the_holidays_library_where_the_contract_follows_the_state(year):
    """Two differences: for the state 5 May is a holiday once in five years, in the contract every year; and
    the library lists Easter and Whit Sunday, which as Sundays need no listing. Good Friday both have."""
    public = set(other_holidays.country_holidays("NL", years=year))
    optional = set(other_holidays.country_holidays("NL", years=year, categories=("optional",)))
    easter, five_may = slow_easter(year), date(year, 5, 5)
    sundays = {easter, easter + 49 * ONE_DAY}
    assert set(holidays(year)) | sundays == public | optional
    assert optional == {five_may}
    assert (five_may in public) == (year % 5 == 0 or easter + 39 * ONE_DAY == five_may)


@settings(max_examples=300)
@given(st.sampled_from([kind for kind in KINDS if kind.term.unit is not Unit.HOURS]), moments)
def test_terms_in_days_agree_with_a_walk_from_day_to_day(kind, start):
    deadline = compute(kind, start)
    last_day = slow_last_day(start, kind.term.unit, kind.term.count)
    assert deadline.due_at == datetime.combine(last_day + ONE_DAY, time(0), tzinfo=AMSTERDAM)
    assert deadline.due_at.time() == time(0)

    first_day = start.astimezone(AMSTERDAM).date() + ONE_DAY
    walk = [first_day + n * ONE_DAY for n in range((last_day - first_day).days + 1)]
    not_counted = [on for on in walk if kind.term.unit is Unit.WORKING_DAYS and not slow_is_working_day(on)]
    assert [on for on, _ in deadline.excluded] == not_counted
    assert all(why for _, why in deadline.excluded)
    assert len(walk) - len(not_counted) == kind.term.count


@given(moments)
def test_terms_in_hours_are_elapsed_hours(start):
    deadline = compute(kind_named("breach_notice"), start)
    assert deadline.due_at.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=48)
    assert deadline.due_at.utcoffset() == deadline.due_at.astimezone(UTC).astimezone(AMSTERDAM).utcoffset()
    assert deadline.excluded == ()


@given(st.sampled_from(KINDS), moments, moments)
def test_a_later_start_is_never_due_sooner(kind, one, other):
    first, second = sorted([one, other])
    assert compute(kind, first).due_at <= compute(kind, second).due_at


@given(st.sampled_from(KINDS), moments, offsets)
def test_the_same_moment_written_with_another_offset_has_the_same_deadline(kind, start, offset):
    here, there = compute(kind, start), compute(kind, start.astimezone(offset))
    assert (here.due_at.isoformat(), here.excluded) == (there.due_at.isoformat(), there.excluded)


# --- Literal examples ---------------------------------------------------------------------------------------
def test_the_holidays_of_2026_have_their_names():
    assert holidays(2026) == {
        date(2026, 1, 1): "New Year's Day",
        date(2026, 4, 3): "Good Friday",
        date(2026, 4, 6): "Easter Monday",
        date(2026, 4, 27): "King's Day",
        date(2026, 5, 5): "Liberation Day",
        date(2026, 5, 14): "Ascension Day",
        date(2026, 5, 25): "Whit Monday",
        date(2026, 12, 25): "Christmas Day",
        date(2026, 12, 26): "Second Day of Christmas",
    }


@pytest.mark.parametrize(
    ("on", "working"),
    [
        (date(2025, 4, 26), False),  # Saturday, and King's Day because the 27th is a Sunday
        (date(2025, 4, 28), True),  # the Monday after is not given free
        (date(2026, 4, 27), False),
        (date(2026, 5, 5), False),  # Liberation Day, also when it is no lustrum
        (date(2026, 1, 2), True),  # "equated" by royal decree for statutory terms; a working day here
        (date(2026, 5, 15), True),  # the Friday after Ascension Day, equated too
        (date(2026, 12, 24), True),
        (date(2026, 12, 31), True),
    ],
)
def test_days_that_are_easily_mistaken(on, working):
    assert (why_not_working(on) is None) is working


@pytest.mark.clause("13")
@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2026-01-12T09:30:15.250+01:00", "2026-01-14T09:30:15.250000+01:00"),
        ("2026-01-12T08:30:00Z", "2026-01-14T09:30:00+01:00"),
        ("2026-03-28T12:00:00+01:00", "2026-03-30T13:00:00+02:00"),  # an hour is lost in between
        ("2026-10-24T12:00:00+02:00", "2026-10-26T11:00:00+01:00"),  # an hour is won
        (
            "2026-10-23T02:30:00+02:00",
            "2026-10-25T02:30:00+02:00",
        ),  # due in the hour that comes twice: first time
        ("2026-10-23T03:30:00+02:00", "2026-10-25T02:30:00+01:00"),  # and second time
        ("2026-03-27T02:30:00+01:00", "2026-03-29T03:30:00+02:00"),  # due in the hour that does not exist
        ("2026-12-24T23:59:59+01:00", "2026-12-26T23:59:59+01:00"),  # holidays do not stop hours
    ],
)
def test_a_breach_is_told_within_48_elapsed_hours(start, expected):
    assert due("breach_notice", start) == expected


@pytest.mark.clause("13")
def test_the_consultation_of_the_friday_evening_before_easter_is_due_after_wednesday():
    assert due("breach_consultation", "2026-04-03T21:00+02:00") == "2026-04-09T00:00:00+02:00"
    assert skipped("breach_consultation", "2026-04-03T21:00+02:00") == [
        ("2026-04-04", "Saturday"),
        ("2026-04-05", "Sunday"),
        ("2026-04-06", "Easter Monday"),
    ]


@pytest.mark.clause("13")
@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (
            "2026-05-04T23:59:59.999999+02:00",
            "2026-05-08T00:00:00+02:00",
        ),  # the 5th is skipped: Wednesday, Thursday
        ("2026-05-05T00:00:00+02:00", "2026-05-08T00:00:00+02:00"),  # a start on a holiday: the same two days
        ("2026-05-05T23:59:59.999999+02:00", "2026-05-08T00:00:00+02:00"),
        ("2026-05-06T00:00:00+02:00", "2026-05-09T00:00:00+02:00"),
        ("2026-05-05T21:59:59Z", "2026-05-08T00:00:00+02:00"),  # the day is Amsterdam's, not UTC's
        ("2026-05-05T22:00:00Z", "2026-05-09T00:00:00+02:00"),
    ],
)
def test_the_day_of_the_start_is_a_day_in_amsterdam_and_does_not_count(start, expected):
    assert due("breach_consultation", start) == expected


@pytest.mark.clause("15")
def test_five_working_days_over_christmas_and_new_year():
    assert due("subject_request", "2026-12-23T10:00+01:00") == "2027-01-01T00:00:00+01:00"
    assert skipped("subject_request", "2026-12-23T10:00+01:00") == [
        ("2026-12-25", "Christmas Day"),
        ("2026-12-26", "Second Day of Christmas"),
        ("2026-12-27", "Sunday"),
    ]
    assert due("subject_request", "2026-12-24T10:00+01:00") == "2027-01-05T00:00:00+01:00"


@pytest.mark.clause("15")
def test_kings_day_on_a_sunday_moves_to_saturday_and_takes_no_working_day():
    assert due("subject_request", "2025-04-25T10:00+02:00") == "2025-05-03T00:00:00+02:00"
    assert skipped("subject_request", "2025-04-25T10:00+02:00") == [
        ("2025-04-26", "King's Day"),
        ("2025-04-27", "Sunday"),
    ]


@pytest.mark.clause("6")
@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2026-02-13T15:00+01:00", "2026-03-01T00:00:00+01:00"),  # until the end of 28 February
        ("2028-02-14T15:00+01:00", "2028-03-01T00:00:00+01:00"),  # until the end of 29 February
        ("2026-03-20T15:00+01:00", "2026-04-05T00:00:00+02:00"),  # over the clock change
        ("2026-10-20T15:00+02:00", "2026-11-05T00:00:00+01:00"),  # and back
        ("2026-03-13T23:30Z", "2026-03-30T00:00:00+02:00"),  # it was already the 14th; Sundays count
    ],
)
def test_data_is_returned_within_fifteen_days(start, expected):
    assert due("data_return", start) == expected


@pytest.mark.clause("12")
@pytest.mark.parametrize(
    ("start", "earliest"),
    [
        (
            "2026-06-01T23:59:59+02:00",
            "2026-06-16T00:00:00+02:00",
        ),  # the 2nd to the 15th are the fourteen days
        ("2026-06-02T00:00:00+02:00", "2026-06-17T00:00:00+02:00"),
    ],
)
def test_a_test_starts_after_fourteen_whole_days(start, earliest):
    assert due("audit_notice", start) == earliest


def test_a_day_is_as_long_as_the_clock_makes_it():
    def hours(on: date) -> float:
        return (start_of_day(on + ONE_DAY).timestamp() - start_of_day(on).timestamp()) / 3600

    assert [hours(date(2026, 3, 29)), hours(date(2026, 10, 25)), hours(date(2026, 6, 1))] == [23, 25, 24]


def test_a_local_day_changes_at_midnight_in_amsterdam():
    midnight = datetime(2026, 7, 1, tzinfo=AMSTERDAM).astimezone(UTC)
    assert [local_date(midnight + timedelta(microseconds=n)) for n in (-1, 0, 1)] == [
        date(2026, 6, 30),
        date(2026, 7, 1),
        date(2026, 7, 1),
    ]


def test_local_times_that_come_twice_or_never_are_told_apart():
    def start(*parts: int, fold: int = 0) -> datetime:
        return datetime(*parts, tzinfo=AMSTERDAM, fold=fold)

    def hours_after(at: datetime) -> str:
        return compute(kind_named("breach_notice"), at).due_at.isoformat()

    assert hours_after(start(2026, 10, 25, 2, 30)) == "2026-10-27T01:30:00+01:00"
    assert hours_after(start(2026, 10, 25, 2, 30, fold=1)) == "2026-10-27T02:30:00+01:00"
    assert hours_after(start(2026, 3, 29, 2, 30)) == "2026-03-31T03:30:00+02:00"  # never was; read as 03:30


# --- What a deadline carries --------------------------------------------------------------------------------
def test_the_kinds_are_those_of_the_agreement():
    with translation.override("en"):
        assert [(kind.name, kind.clause, str(kind.term), str(kind.starts_at)) for kind in KINDS] == [
            ("breach_notice", "13", "48 hours", "CannonWorks notices the breach"),
            ("breach_consultation", "13", "2 working days", "the first notice between the parties"),
            ("supervisor_notice", "13", "72 hours", "we tell the account holder of the breach"),
            ("subject_request", "15", "5 working days", "the account holder is told of the request"),
            ("data_return", "6", "15 days", "the main user asks for the data"),
            ("audit_notice", "12", "14 days", "the written announcement"),
            ("correction", "16", "14 days", "the change is put before the main user"),
        ]


def test_a_deadline_carries_all_that_is_needed_to_compute_it_by_hand():
    start = datetime.fromisoformat("2026-06-05T10:00+09:00")
    assert compute(kind_named("breach_consultation"), start) == deadlines.Deadline(
        kind=kind_named("breach_consultation"),
        clause="13",
        start=start,
        due_at=datetime(2026, 6, 10, tzinfo=AMSTERDAM),
        calendar=CALENDAR,
        excluded=(Skipped(date(2026, 6, 6), "Saturday"), Skipped(date(2026, 6, 7), "Sunday")),
    )


@pytest.mark.parametrize("function", [local_date, lambda at: compute(KINDS[0], at)])
def test_a_moment_without_an_offset_is_refused(function):
    with pytest.raises(ValueError, match=r"2026-04-02T17:00\+02:00"):
        function(datetime(2026, 4, 2, 17, 0))  # noqa: DTZ001


@pytest.mark.parametrize("start", ["9999-12-30T12:00+00:00", "0001-01-01T00:00+14:00"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_moment_at_the_ends_of_the_calendar_is_refused_in_words(kind, start):
    with translation.override("en"), pytest.raises(ValueError, match="outside the years"):
        compute(kind, datetime.fromisoformat(start))


def test_an_unknown_kind_is_refused_with_the_names_of_all():
    with pytest.raises(
        ValueError, match="breach_notice, breach_consultation, supervisor_notice, subject_request, data_return, audit"
    ):
        kind_named("holiday")


# --- Explained ----------------------------------------------------------------------------------------------
@pytest.mark.clause("13")
def test_a_deadline_explains_itself():
    deadline = compute(kind_named("breach_consultation"), datetime.fromisoformat("2026-04-02T15:00Z"))
    with translation.override("en"):
        assert explain(deadline) == [
            "Start: Thursday 2 April 2026 17:00 (the first notice between the parties).",
            "Rule: 2 working days, clause 13 of the agreement.",
            "Not counted: Thursday 2 April 2026 (the day it starts).",
            "Not counted: Friday 3 April 2026 (Good Friday).",
            "Not counted: Saturday 4 April 2026 (Saturday).",
            "Not counted: Sunday 5 April 2026 (Sunday).",
            "Not counted: Monday 6 April 2026 (Easter Monday).",
            "Due: until the end of Wednesday 8 April 2026.",
            f"Calendar: {CALENDAR}, Amsterdam time.",
        ]


def test_hours_over_a_clock_change_say_so():
    deadline = compute(kind_named("breach_notice"), datetime.fromisoformat("2026-03-28T12:00+01:00"))
    with translation.override("en"):
        assert explain(deadline)[2:4] == [
            "The clock changes in between; the hours are counted as they pass.",
            "Due: Monday 30 March 2026 13:00.",
        ]


def test_a_waiting_term_says_from_when_instead_of_until():
    deadline = compute(kind_named("audit_notice"), datetime.fromisoformat("2026-06-01T12:00+02:00"))
    with translation.override("en"):
        assert explain(deadline)[3] == "Not before: Tuesday 16 June 2026 00:00."
