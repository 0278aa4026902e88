"""Rows that go by themselves after a term of their own (§17): raw events of usage, after twelve months."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from accounts.models import UsageDay, UsageEvent
from cannonworks import datamap
from cannonworks.deadlines import start_of_day
from retention import aging, alarms, holds
from retention.models import Alarm, AlarmKind
from rights.models import SubjectRequest
from tests.asked import subject_request
from tests.lives import hold, moment, use

pytestmark = [pytest.mark.django_db, pytest.mark.clause("17"), pytest.mark.clause("19")]
ON = date(2026, 11, 22)


def age(on: date = ON) -> int:
    return aging.let_age(on=on, at=moment(on))


def test_an_event_goes_at_the_start_of_the_day_on_which_its_twelve_months_are_over(account):
    last = start_of_day(date(2025, 11, 22)) + timedelta(hours=23, minutes=59)
    use(account.main_user, at=last)
    use(account.main_user, at=start_of_day(date(2025, 11, 23)))
    UsageDay.objects.create(account=account, on=date(2020, 1, 1), module="data", kind="view", count=9)
    assert age(ON - timedelta(days=1)) == 0
    assert age() == 1
    assert age() == 0
    assert [event.at for event in UsageEvent.objects.all()] == [start_of_day(date(2025, 11, 23))]
    assert UsageDay.objects.count() == 1  # stays with the account


@pytest.mark.clause("Time")
def test_of_a_leap_day_too(account):
    use(account.main_user, at=moment(date(2028, 2, 29)))
    assert age(date(2029, 2, 27)) == 0
    assert age(date(2029, 2, 28)) == 1


def test_many_go_in_portions(account, monkeypatch):
    monkeypatch.setattr(aging, "PORTION", 2)
    use(account.main_user, at=moment(date(2025, 1, 1)), times=5)
    assert age() == 5


@pytest.mark.clause("5 hold")
def test_a_hold_on_usage_keeps_what_it_keeps_until_it_is_released(account, outsider, second):
    for person in (account.main_user, outsider):
        use(person, at=moment(date(2025, 1, 1)))
    held = hold(account, ["usage"], on=ON)
    assert age() == 1
    assert UsageEvent.objects.get().account == account
    assert alarms.check_everything(on=ON + timedelta(days=9), at=moment(ON)) == 0
    holds.release_hold(held, actor=second, on=ON)
    assert age() == 1


@pytest.mark.clause("5")
def test_the_kill_switch_stops_it_and_the_alarm_says_so(account, settings):
    use(account.main_user, at=moment(date(2025, 11, 21)))
    settings.RETENTION_ENABLED = False
    assert age() == 0
    alarms.check_everything(on=ON - timedelta(days=1), at=moment(ON))
    assert about_events() == []  # over since this day: the night has not come by yet
    alarms.check_everything(on=ON, at=moment(ON))
    assert about_events() == ["accounts_usageevent"]
    settings.RETENTION_ENABLED = True
    assert age() == 1
    alarms.check_everything(on=ON, at=moment(ON))
    assert about_events() == []


def about_events() -> list[str]:
    return list(Alarm.objects.filter(cleared_at=None, kind=AlarmKind.TOO_LATE).values_list("about", flat=True))


def test_it_is_raw_events_and_closed_requests_that_age_and_nothing_else():
    ageing = {"accounts_usageevent", "rights_subjectrequest", "rights_rightsmail"}
    assert {entry.table for entry in datamap.entries() if entry.ages_from} == ageing


@pytest.mark.clause("15")
def test_a_closed_request_of_no_account_goes_after_a_year_also_while_something_is_held_elsewhere(account):
    hold(account, ["requests"], on=date(2026, 12, 1))
    kept = subject_request(account, state="closed")
    gone = subject_request(None, state="closed")
    over = gone.closed_at.date().replace(year=2027)
    for on, left in ((over - timedelta(days=1), {kept.pk, gone.pk}), (over, {kept.pk})):
        aging.let_age(on=on, at=moment(on))
        assert set(SubjectRequest.objects.values_list("pk", flat=True)) == left
