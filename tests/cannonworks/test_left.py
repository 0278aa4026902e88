"""What is left of a term, in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cannonworks.deadlines import AMSTERDAM, compute, kind_named
from cannonworks.left import hours_left, time_left

pytestmark = pytest.mark.clause("13")


@pytest.mark.parametrize(
    ("at", "tone", "words"),
    [
        ("2026-03-28T12:00+01:00", "draft", "nog 48 uur"),
        ("2026-03-28T12:00:00.000001+01:00", "draft", "nog 47 uur"),
        ("2026-03-29T12:00+02:00", "draft", "nog 25 uur"),  # the clock was put forward that night
        ("2026-03-29T13:00+02:00", "draft", "nog 24 uur"),
        ("2026-03-29T14:00+02:00", "lapsed", "nog 23 uur"),
        ("2026-03-30T07:00+02:00", "lapsed", "nog 6 uur"),
        ("2026-03-30T07:00:01+02:00", "going", "nog 5 uur"),
        ("2026-03-30T11:00+02:00", "going", "nog 2 uur"),
        ("2026-03-30T11:00:01+02:00", "going", "nog 119 minuten"),
        ("2026-03-30T12:59+02:00", "going", "nog 1 minuut"),
        ("2026-03-30T13:00+02:00", "going", "de termijn is voorbij"),
    ],
)
def test_hours_are_counted_as_they_pass(at, tone, words):
    due_at = compute(kind_named("breach_notice"), datetime.fromisoformat("2026-03-28T12:00+01:00")).due_at
    found = hours_left(due_at, at=datetime.fromisoformat(at))
    assert (found.tone, found.words, found.is_over) == (tone, words, "voorbij" in words)


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        (timedelta(days=3, microseconds=1), "nog 3 dagen"),
        (timedelta(days=3), "nog 72 uur"),
        (timedelta(minutes=1), "nog 1 minuut"),
        (timedelta(seconds=59), "nog 0 minuten"),
        (timedelta(), "0 minuten te laat"),
        (timedelta(minutes=-1), "1 minuut te laat"),
        (timedelta(hours=-2), "2 uur te laat"),
        (timedelta(days=-3), "72 uur te laat"),
        (timedelta(days=-4), "4 dagen te laat"),
    ],
)
def test_who_knows_whether_it_was_done_is_told_how_late_it_is(rest, words):
    at = datetime(2026, 4, 2, 17, tzinfo=AMSTERDAM)
    found = time_left(at.astimezone(UTC) + rest, at=at)
    assert (found.words, found.is_over) == (words, rest <= timedelta())


def test_a_day_of_25_hours_has_25_hours():
    before, after = datetime(2026, 10, 25, tzinfo=AMSTERDAM), datetime(2026, 10, 26, tzinfo=AMSTERDAM)
    assert time_left(after, at=before).words == "nog 25 uur"
