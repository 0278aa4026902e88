"""What is left of a term, in words."""

from __future__ import annotations

from datetime import datetime

import pytest

from cannonworks.deadlines import compute, kind_named
from cannonworks.left import hours_left

pytestmark = pytest.mark.clause("13")


@pytest.mark.parametrize(
    ("at", "tone", "words"),
    [
        ("2026-03-28T12:00+01:00", "draft", "nog 48 uur"),
        ("2026-03-28T12:00:00.000001+01:00", "draft", "nog 47 uur"),
        ("2026-03-29T12:00+02:00", "draft", "nog 25 uur"),  # the clock was put forward that night
        ("2026-03-29T13:00+02:00", "draft", "nog 24 uur"),
        ("2026-03-29T14:00+02:00", "lapsed", "nog 23 uur"),
        ("2026-03-30T12:00+02:00", "lapsed", "nog 1 uur"),
        ("2026-03-30T12:00:01+02:00", "lapsed", "nog minder dan een uur"),
        ("2026-03-30T12:59:59.999999+02:00", "lapsed", "nog minder dan een uur"),
        ("2026-03-30T13:00+02:00", "going", "de termijn is voorbij"),
    ],
)
def test_hours_are_counted_as_they_pass(at, tone, words):
    due_at = compute(kind_named("breach_notice"), datetime.fromisoformat("2026-03-28T12:00+01:00")).due_at
    found = hours_left(due_at, at=datetime.fromisoformat(at))
    assert (found.tone, found.words, found.is_over) == (tone, words, tone == "going")
