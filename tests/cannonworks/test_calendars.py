from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar

from cannonworks.calendars import Event, calendar

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
STAMP = datetime(2026, 3, 1, 9, tzinfo=UTC)
#: In the hour that there is twice: the second time, in winter.
STARTS_AT = datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=AMSTERDAM)


def event(**more):
    said = {
        "uid": "1@cannonworks.example", "starts_at": STARTS_AT, "ends_at": None, "title": "Overleg; §13, stap 1",
        "text": "Regel een\nRegel twee, é", "place": "", "stamp": STAMP,
    }  # fmt: skip
    return Event(**said | more)


def read(file):
    (found,) = icalendar.Calendar.from_ical(file).walk("VEVENT")
    return found


def test_a_calendar_is_read_back_as_it_was_written():
    file = calendar(
        [event(place="0522 123 456", ends_at=STARTS_AT.astimezone(UTC) + timedelta(minutes=30))], name="Termijnen"
    )
    assert icalendar.Calendar.from_ical(file)["X-WR-CALNAME"] == "Termijnen"
    found = read(file)
    assert found["UID"] == "1@cannonworks.example"
    assert found["SUMMARY"] == "Overleg; §13, stap 1"
    assert found["DESCRIPTION"] == "Regel een\nRegel twee, é"
    assert found["LOCATION"] == "0522 123 456"
    assert found["DTSTART"].dt == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert found["DTEND"].dt == datetime(2026, 10, 25, 2, tzinfo=UTC)
    assert found["DTSTAMP"].dt == STAMP


def test_a_moment_has_no_end_no_place_and_no_alarm_that_nobody_asked_for():
    found = read(calendar([event()]))
    assert {"DTEND", "LOCATION"}.isdisjoint(found)
    assert found.subcomponents == []


def test_an_alarm_goes_off_at_its_own_moment():
    (alarm,) = read(calendar([event(alarm_at=STARTS_AT)])).subcomponents
    assert (alarm["ACTION"], alarm["TRIGGER"].dt) == ("DISPLAY", datetime(2026, 10, 25, 1, 30, tzinfo=UTC))


def test_lines_end_and_fold_as_the_standard_asks():
    lines = calendar([event(text="é" * 200)]).split(b"\r\n")
    assert lines[0] == b"BEGIN:VCALENDAR"
    assert lines[-2:] == [b"END:VCALENDAR", b""]
    assert max(map(len, lines)) <= 75
