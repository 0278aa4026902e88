from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.states import State
from cannonworks.datamap import Category
from retention.schedule import History, schedule
from retention.timeline import MOST_TICKS, WIDTH, Scale, draw, percent

TODAY = date(2026, 11, 22)
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


def history(state, **dates):
    known = dict.fromkeys(("signed_up_on", "trial_ends_on", "cancelled_on", "ordered_on", "erased_on"))
    return History(state, {**known, "signed_up_on": date(2024, 1, 1), "trial_ends_on": date(2024, 1, 31), **dates})


CANCELLED = history(State.CANCELLED, cancelled_on=date(2026, 2, 28))
LAPSED = history(State.LAPSED, signed_up_on=date(2026, 5, 1), trial_ends_on=date(2026, 5, 31))
ACTIVE = history(State.ACTIVE)


def bands(of, **changes):
    return {band.fate.category: band for band in draw(schedule(of), of, on=TODAY).bands}


@pytest.mark.parametrize(
    ("day", "place"),
    [
        (date(2025, 12, 31), 0),
        (date(2026, 1, 1), 0),
        (date(2026, 1, 2), 10),
        (date(2026, 2, 20), 500),
        (date(2026, 4, 11), 1000),
        (date(2026, 4, 12), 1000),
    ],
)
def test_a_scale_of_a_hundred_days_gives_each_day_ten_places_and_keeps_the_rest_on_its_edge(day, place):
    assert Scale(date(2026, 1, 1), date(2026, 4, 11)).at(day) == place


@given(start=DAYS, days=st.integers(1, 20_000), one=DAYS, other=DAYS)
def test_a_later_day_never_lies_before_an_earlier_one(start, days, one, other):
    scale = Scale(start, date.fromordinal(start.toordinal() + days))
    first, last = sorted((one, other))
    assert 0 <= scale.at(first) <= scale.at(last) <= WIDTH


@given(start=DAYS, days=st.integers(1, 20_000))
def test_there_are_never_more_years_written_than_a_phone_has_room_for(start, days):
    scale = Scale(start, date.fromordinal(start.toordinal() + days))
    years = scale.new_years()
    assert len(years) <= MOST_TICKS
    assert all(start < day <= scale.end for day in years)


@pytest.mark.parametrize(("place", "text"), [(0, "0.0%"), (123, "12.3%"), (1000, "100.0%")])
def test_a_percentage_has_a_point_in_every_language(place, text):
    assert percent(place) == text


@pytest.mark.clause("5.4")
def test_a_cancelled_account_is_kept_for_certain_until_the_day_it_goes():
    band = bands(CANCELLED)[Category.RELATIONS]
    assert band.floor == band.ceiling == band.kept == band.gone


@pytest.mark.clause("5.3")
def test_a_lapsed_account_is_kept_six_months_for_certain_and_then_waits_for_its_ceiling():
    timeline = draw(schedule(LAPSED), LAPSED, on=TODAY)
    band = timeline.bands[0]
    assert band.floor == band.kept == timeline.scale.at(date(2026, 11, 30))
    assert band.ceiling == band.gone == timeline.scale.at(date(2028, 5, 31))
    assert 0 < band.floor < band.ceiling < WIDTH


@pytest.mark.clause("5.1")
def test_the_bands_of_an_active_account_stay_open_to_the_right():
    assert {(band.ceiling, band.gone) for band in bands(ACTIVE).values()} == {(None, WIDTH)}


@pytest.mark.clause("5")
def test_a_held_category_runs_on_past_its_date_and_the_others_do_not():
    held = History(CANCELLED.state, CANCELLED.dates, holds={Category.DOCUMENTS: ("Tax",)})
    drawn = bands(held)
    assert drawn[Category.DOCUMENTS].gone == WIDTH
    assert drawn[Category.RELATIONS].gone < WIDTH


@pytest.mark.parametrize(
    "of", [CANCELLED, LAPSED, ACTIVE, ACTIVE.but(State.CANCELLED, cancelled_on=TODAY, ordered_on=TODAY)]
)
def test_today_lies_inside_the_drawing(of):
    timeline = draw(schedule(of), of, on=TODAY)
    assert 0 < timeline.scale.at(TODAY) < WIDTH
    assert timeline.height == timeline.bands[-1].bar_y + 20 + (timeline.height - timeline.foot)


def test_an_account_of_today_has_room_on_its_line():
    new = history(State.TRIAL, signed_up_on=TODAY, trial_ends_on=date(2026, 12, 22))
    scale = draw(schedule(new), new, on=TODAY).scale
    assert scale.start < TODAY < scale.end
