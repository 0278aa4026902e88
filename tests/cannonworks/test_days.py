from datetime import date

import pytest
from django.utils.translation import override

from cannonworks.templatetags.days import away, brief, short, written

TODAY = date(2026, 11, 12)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("nl", ("dinsdag 24 november 2026", "24 november 2026", "24 nov 2026")),
        ("en", ("Tuesday 24 November 2026", "24 November 2026", "24 Nov 2026")),
    ],
)
def test_a_day_is_written_out_as_the_language_does(language, expected):
    with override(language):
        assert tuple(form(date(2026, 11, 24)) for form in (written, brief, short)) == expected


@pytest.mark.parametrize(
    ("day", "dutch", "english"),
    [
        (date(2026, 11, 12), "vandaag", "today"),
        (date(2026, 11, 11), "gisteren", "yesterday"),
        (date(2026, 11, 13), "morgen", "tomorrow"),
        (date(2026, 11, 24), "over 12 dagen", "in 12 days"),
        (date(2026, 11, 7), "5 dagen geleden", "5 days ago"),
        (date(2027, 1, 10), "over 59 dagen", "in 59 days"),
        (date(2027, 1, 12), "over 2 maanden", "in 2 months"),
        (date(2027, 11, 12), "over 1 jaar", "in 1 year"),
        (date(2029, 2, 20), "over 2 jaar en 3 maanden", "in 2 years and 3 months"),
    ],
)
def test_how_far_a_day_is_away_is_told_in_words(day, dutch, english):
    for language, expected in (("nl", dutch), ("en", english)):
        with override(language):
            assert away(day, TODAY) == expected


def test_no_day_is_no_words():
    assert (written(None), brief(None), short(None)) == ("", "", "")
