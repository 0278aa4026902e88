"""Rows that go by themselves after a term of their own: raw events of usage after twelve months (§17), and the like."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from accounts.models import Account, Newsletter, Session, UsageDay, UsageEvent
from cannonworks import rules
from cannonworks.deadlines import start_of_day
from cannonworks.errors import Refused
from cannonworks.rules import Term
from relations.models import Import
from retention import aging, alarms, holds
from retention.approval import approve_rules
from retention.models import Alarm, AlarmKind, Erasure, StatementMail
from rights.models import SubjectRequest
from tests import lives
from tests.asked import subject_request
from tests.cast import member
from tests.lives import full_life, hold, moment, sign_in, use

pytestmark = [pytest.mark.django_db, pytest.mark.clause("17"), pytest.mark.clause("19")]
ON = date(2026, 11, 22)


@pytest.fixture
def officer():
    return member("Privacy officer")


def age(on: date = ON) -> int:
    return lives.age(on)


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


@pytest.mark.clause("5")
def test_each_rule_finds_its_rows_and_nothing_of_an_account_that_is_being_erased():
    account = full_life()
    erase_mail(account)
    Newsletter.objects.update(state="sent", started_at=moment(ON), finished_at=moment(ON), totals={})
    late = ON + timedelta(days=2000)
    Import.objects.update(moved_at=moment(ON))
    assert [rule.model for rule in rules.AGES if not aging.left_over(rule, late)] == []
    Account.objects.filter(pk=account.pk).update(claimed_at=moment(late))
    assert [rule.model for rule in rules.AGES if aging.left_over(rule, late)] == ["retention.StatementMail"]
    assert age(late) == 0
    Account.objects.filter(pk=account.pk).update(claimed_at=None)
    assert age(late) > 6
    assert [rule.model for rule in rules.AGES if aging.left_over(rule, late)] == [
        "retention.StatementMail"
    ]  # the post's


def erase_mail(account) -> None:
    """A statement of some erasure that no mail server took."""
    run = Erasure.objects.create(
        account=account, rule="cancelled", clause="5.4", rules_digest="x", due_on=ON, claimed_on=ON, statement={}
    )
    StatementMail.objects.create(erasure=run, account=account, email="a@b.example", made_on=ON)


@pytest.mark.clause("19")
def test_a_session_goes_the_day_after_it_ended_also_of_staff(account, staff):
    for user in (account.main_user, staff):
        sign_in(user)
    Session.objects.update(expire_date=start_of_day(ON) + timedelta(hours=9))
    hold(account, ["account"], on=ON)
    assert age(ON) == 0
    assert age(ON + timedelta(days=1)) == 1  # of staff: no hold is on theirs
    assert Session.objects.get().account == account


def test_what_cannot_go_does_not_keep_the_others(account, monkeypatch, caplog):
    use(account.main_user, at=moment(date(2025, 1, 1)))
    broken = replace(rules.age("finance.ShareLink"), only={"nonsense": 1})
    monkeypatch.setattr(rules, "AGES", (broken, rules.age("accounts.UsageEvent")))
    assert age() == 1
    assert "rows of finance.ShareLink did not go" in caplog.text


@pytest.mark.clause("5")
def test_another_term_lets_nothing_go_until_staff_approved_it_and_is_asked_once(account, officer, monkeypatch):
    use(account.main_user, at=moment(ON - timedelta(days=40)))
    assert age() == 0  # the rules of the installation
    shorter = replace(rules.age("accounts.UsageEvent"), keep=Term(days=30))
    monkeypatch.setattr(rules, "AGES", (shorter, *rules.AGES[1:]))
    rules.digest.cache_clear()
    try:
        assert age() == 0
        approve_rules(actor=officer, digest=rules.digest(), would_erase=0, at=moment(ON))
        assert age() == 1
        with pytest.raises(Refused):
            approve_rules(actor=officer, digest=rules.digest(), would_erase=0, at=moment(ON))
    finally:
        monkeypatch.undo()
        rules.digest.cache_clear()


@pytest.mark.clause("15")
def test_a_closed_request_of_no_account_goes_after_a_year_also_while_something_is_held_elsewhere(account):
    hold(account, ["requests"], on=date(2026, 12, 1))
    kept = subject_request(account, state="closed")
    gone = subject_request(None, state="closed")
    over = gone.closed_at.date().replace(year=2027)
    for on, left in ((over - timedelta(days=1), {kept.pk, gone.pk}), (over, {kept.pk})):
        aging.let_age(on=on, at=moment(on))
        assert set(SubjectRequest.objects.values_list("pk", flat=True)) == left
