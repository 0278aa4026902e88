"""Calendars as files (iCalendar, RFC 5545): appointments and deadlines that any calendar program reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import icalendar

#: What such a file is, for browsers and mails.
CONTENT_TYPE = "text/calendar; charset=utf-8"


@dataclass(frozen=True)
class Event:
    """One line of a calendar, all moments aware; ``ends_at`` None: a moment without length.

    ``uid`` is the same for the same event as long as it lives, or programs would show it twice; ``stamp`` is when it
    was last changed, and ``sequence`` how often. At ``alarm_at`` the program of the reader warns. What ``is_cancelled``
    is struck out.
    """

    uid: str
    starts_at: datetime
    ends_at: datetime | None
    title: str
    text: str
    place: str
    stamp: datetime
    alarm_at: datetime | None = None
    sequence: int = 0
    is_cancelled: bool = False


def calendar(events: Iterable[Event], *, name: str = "") -> bytes:
    """An iCalendar file of ``events``, all moments in UTC; ``name`` is what a program that follows it may call it."""
    import icalendar  # not at the start: few processes write a calendar

    whole = icalendar.Calendar()
    whole.add("prodid", "-//CannonWorks//CannonWorks//NL")
    whole.add("version", "2.0")
    if name:
        whole.add("name", name)
        whole.add("x-wr-calname", name)  # what most programs look for instead
    for event in events:
        whole.add_component(_entry(event))
    return whole.to_ical()


def _entry(event: Event) -> icalendar.Event:
    import icalendar

    entry = icalendar.Event()
    entry.add("uid", event.uid)
    entry.add("dtstamp", event.stamp.astimezone(UTC))
    entry.add("dtstart", event.starts_at.astimezone(UTC))
    if event.sequence:
        entry.add("sequence", event.sequence)
    if event.is_cancelled:
        entry.add("status", "CANCELLED")
    if event.ends_at is not None:
        entry.add("dtend", event.ends_at.astimezone(UTC))
    entry.add("summary", event.title)
    for name, words in (("description", event.text), ("location", event.place)):
        if words:
            entry.add(name, words)
    if event.alarm_at is not None:
        entry.add_component(_alarm(event.title, event.alarm_at))
    return entry


def _alarm(title: str, at: datetime) -> icalendar.Alarm:
    import icalendar

    alarm = icalendar.Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", title)
    alarm.add("trigger", at.astimezone(UTC), parameters={"value": "DATE-TIME"})
    return alarm
