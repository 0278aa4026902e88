from datetime import date

import pytest
from django.utils.translation import override

from accounts.states import State
from cannonworks.datamap import Category
from retention.outlook import moments, now, what_ifs
from retention.schedule import History, schedule
from tests.retention.test_timeline import ACTIVE, CANCELLED, LAPSED, TODAY, history

TRIAL = history(State.TRIAL, signed_up_on=date(2026, 11, 10), trial_ends_on=date(2026, 12, 10))


@pytest.fixture(autouse=True)
def _dutch():
    with override("nl"):
        yield


def days(of):
    """Title and days of each what-if."""
    return [(str(each.title), [moment.erase_on for moment in each.moments]) for each in what_ifs(of, on=TODAY)]


@pytest.mark.clause("5.4")
@pytest.mark.clause("5.5")
def test_an_active_account_sees_what_cancelling_and_erasure_at_once_would_bring():
    assert days(ACTIVE) == [
        ("Als je vandaag opzegt", [date(2028, 11, 22), date(2033, 11, 22)]),
        ("Als je vandaag opzegt en directe vernietiging vraagt", [TODAY, date(2031, 11, 22)]),
    ]


@pytest.mark.clause("2")
@pytest.mark.clause("5.3")
def test_a_trial_sees_what_happens_when_it_is_not_activated_and_that_one_by_itself():
    assert days(TRIAL) == [
        ("Als je niets doet", [date(2028, 12, 10), date(2033, 12, 10)]),
        ("Als je vandaag directe vernietiging vraagt", [TODAY, date(2031, 11, 22)]),
    ]
    assert [each.is_default for each in what_ifs(TRIAL, on=TODAY)] == [True, False]


@pytest.mark.clause("5.1")
@pytest.mark.parametrize(
    ("of", "title"), [(LAPSED, "Als je vandaag activeert"), (CANCELLED, "Als je vandaag heractiveert")]
)
def test_going_on_means_that_nothing_is_erased(of, title):
    assert days(of)[0] == (title, [None])


@pytest.mark.parametrize(
    ("on", "state"),
    [(date(2026, 12, 9), State.TRIAL), (date(2026, 12, 10), State.LAPSED), (date(2026, 12, 11), State.LAPSED)],
)
def test_a_trial_that_is_over_has_ended_before_the_sweep_says_so(on, state):
    assert now(TRIAL, on).state == state


@pytest.mark.clause("5")
def test_what_is_held_has_no_day_and_says_so():
    held = History(CANCELLED.state, CANCELLED.dates, holds={Category.DOCUMENTS: ("Tax",)})
    *_, last = moments(schedule(held))
    assert (last.erase_on, last.names) == (None, "Offertes en facturen (vastgehouden)")
