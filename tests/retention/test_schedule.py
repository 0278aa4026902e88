"""The fate of every category: one pure function from dates, rules and holds, asked by all who tell of it."""

from __future__ import annotations

from datetime import date

import pytest

from accounts.states import State
from cannonworks.datamap import Category
from retention.models import Ground
from retention.schedule import History, Stop, due, next_due, schedule

pytestmark = pytest.mark.clause("5.4")
DAY = date(2026, 2, 28)
WITH = ("account", "relations", "employees", "documents", "usage", "requests")
HOLD = (Stop("Geschil", Ground.PROOF),)
BOOKS = (date(2032, 1, 1), date(2034, 1, 1))


def history(state: State, *, records=(), holds=None, deferred=(), **dates: date) -> History:
    known = dict.fromkeys(("signed_up_on", "trial_ends_on", "cancelled_on", "ordered_on", "erased_on"))
    known |= {"signed_up_on": date(2024, 1, 1), "trial_ends_on": date(2024, 1, 31), **dates}
    return History(
        state, known, tuple(records), {Category(c): HOLD for c in holds or ()}, frozenset(map(Category, deferred))
    )


def told(fates) -> dict[str, tuple]:
    """Category → (rule, kept until, erased on)."""
    return {fate.category.value: (fate.rule.name, fate.kept_until, fate.erase_on) for fate in fates}


def same(rule: str, kept_until, erase_on) -> dict[str, tuple]:
    return dict.fromkeys(WITH, (rule, kept_until, erase_on))


@pytest.mark.clause("2", "5.1")
@pytest.mark.parametrize("state", [State.TRIAL, State.ACTIVE])
def test_of_a_running_account_nothing_has_an_end(state):
    assert told(schedule(history(state, records=BOOKS))) == {
        **same(state.value, None, None),
        "bookkeeping": ("bookkeeping", date(2034, 1, 1), None),
        "evidence": ("evidence", None, None),
    }
    assert due(history(state, records=BOOKS), date(9999, 12, 31)) == []


@pytest.mark.clause("5.3")
def test_of_a_lapsed_account_all_goes_after_two_years_and_not_within_six_months():
    lapsed = history(State.LAPSED, trial_ends_on=date(2024, 8, 31))
    assert told(schedule(lapsed)) == {
        **same("lapsed", date(2025, 2, 28), date(2026, 8, 31)),
        "evidence": ("evidence", date(2031, 8, 31), date(2031, 8, 31)),
    }


@pytest.mark.clause("1")
def test_of_a_cancelled_account_books_and_evidence_stay_longer():
    cancelled = history(State.CANCELLED, cancelled_on=DAY, records=BOOKS)
    assert told(schedule(cancelled)) == {
        **same("cancelled", date(2028, 2, 28), date(2028, 2, 28)),
        "bookkeeping": ("bookkeeping", date(2034, 1, 1), date(2034, 1, 1)),
        "evidence": ("evidence", date(2033, 2, 28), date(2033, 2, 28)),
    }
    assert next_due(cancelled) == date(2028, 2, 28)


@pytest.mark.parametrize(("on", "count"), [(date(2028, 2, 27), 0), (date(2028, 2, 28), 6), (date(2028, 2, 29), 6)])
def test_what_is_due_is_due_from_its_day_on(on, count):
    assert len(due(history(State.CANCELLED, cancelled_on=DAY, records=BOOKS), on)) == count


@pytest.mark.clause("1")
def test_books_whose_years_are_over_wait_for_the_account_and_go_with_it():
    cancelled = history(State.CANCELLED, cancelled_on=DAY, records=(date(2020, 1, 1), date(2034, 1, 1)))
    assert due(cancelled, date(2028, 2, 27)) == []
    assert told(due(cancelled, date(2028, 2, 28)))["bookkeeping"] == (
        "bookkeeping",
        date(2034, 1, 1),
        date(2028, 2, 28),
    )
    old = history(State.CANCELLED, cancelled_on=DAY, records=(date(2020, 1, 1),))
    assert told(schedule(old))["bookkeeping"] == ("bookkeeping", date(2020, 1, 1), date(2028, 2, 28))


@pytest.mark.clause("5.5")
@pytest.mark.parametrize(
    ("state", "dates"), [(State.TRIAL, {}), (State.LAPSED, {}), (State.CANCELLED, {"cancelled_on": date(2025, 12, 1)})]
)
def test_a_confirmed_letter_comes_before_every_floor_and_names_the_rule_that_lost(state, dates):
    ordered = history(state, ordered_on=DAY, **dates)
    fates = schedule(ordered)
    assert {name: told(fates)[name] for name in WITH} == same("letter", DAY, DAY)
    losing = {fate.category.value: tuple(rule.name for rule in fate.losing) for fate in fates if fate.category in WITH}
    assert losing == {**dict.fromkeys(WITH, (state.value,)), "documents": (state.value, "issued document")}
    assert len(due(ordered, DAY)) == 6


@pytest.mark.clause("5.2")
def test_the_seven_years_of_a_document_lose_only_when_the_account_ends():
    def losing(state, **dates):
        fates = schedule(history(state, **dates))
        return next([rule.name for rule in fate.losing] for fate in fates if fate.category == Category.DOCUMENTS)

    assert (losing(State.ACTIVE), losing(State.CANCELLED, cancelled_on=DAY)) == ([], ["issued document"])


@pytest.mark.clause("5 hold")
def test_a_hold_stands_before_its_category_and_no_other():
    cancelled = history(State.CANCELLED, cancelled_on=DAY, holds=["relations", "evidence"])
    held = {fate.category.value: fate.held_by for fate in schedule(cancelled) if fate.held_by}
    assert held == {"relations": HOLD, "evidence": HOLD}
    assert len(due(cancelled, date(2028, 2, 28))) == 6  # held or not: the claim tells what it refuses
    everything = history(State.CANCELLED, cancelled_on=DAY, holds=[*WITH, "evidence"])
    assert next_due(everything) is None


def test_of_an_erased_account_remains_what_has_its_own_term():
    erased = history(State.ERASED, cancelled_on=DAY, erased_on=date(2028, 2, 28), records=BOOKS)
    assert told(schedule(erased)) == {
        "bookkeeping": ("bookkeeping", date(2034, 1, 1), date(2032, 1, 1)),
        "evidence": ("evidence", date(2033, 2, 28), date(2033, 2, 28)),
    }
    assert next_due(erased) == date(2032, 1, 1)
    assert next_due(history(State.ERASED, erased_on=DAY, records=BOOKS[1:]), evidence_is_gone=True) == date(2034, 1, 1)
    assert next_due(history(State.ERASED, erased_on=DAY), evidence_is_gone=True) is None


@pytest.mark.clause("5 hold")
def test_what_a_hold_deferred_is_due_again_as_soon_as_it_is_released():
    dates = {"cancelled_on": DAY, "erased_on": date(2028, 2, 28)}
    held = history(State.ERASED, deferred=["documents"], holds=["documents"], **dates)
    assert next_due(held) == date(2033, 2, 28)
    released = history(State.ERASED, deferred=["documents"], **dates)
    assert next_due(released) == date(2028, 2, 28)
    assert told(due(released, date(2030, 1, 1))) == {"documents": ("cancelled", date(2028, 2, 28), date(2028, 2, 28))}


def test_what_if_is_the_same_schedule_of_another_history():
    active = history(State.ACTIVE, records=BOOKS)
    today = active.but(State.CANCELLED, cancelled_on=DAY)
    assert told(schedule(today))["account"] == ("cancelled", date(2028, 2, 28), date(2028, 2, 28))
    at_once = today.but(State.CANCELLED, ordered_on=DAY)
    assert told(schedule(at_once))["account"] == ("letter", DAY, DAY)
    assert told(schedule(at_once))["bookkeeping"] == ("bookkeeping", date(2034, 1, 1), date(2034, 1, 1))
    assert active.dates["cancelled_on"] is None
