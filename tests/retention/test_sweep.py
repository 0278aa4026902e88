"""The sweep: on the day, after any downtime, twice, within the safety rules (§5)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from accounts.models import Account
from accounts.states import State
from cannonworks import rules
from cannonworks.rules import Term
from journal.models import Entry
from retention import alarms, sweep, tasks
from retention.approval import approve_rules, is_approved
from retention.models import Alarm, Erasure, RulesApproval
from retention.sweep import Outcome, dry_run
from tests.factories import AccountFactory, StaffFactory
from tests.lives import CANCELLED_ON, DUE_ON, EVERYTHING, account_in, confirmed_letter, hold, moment, rows

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def run(on: date) -> Outcome:
    return sweep.sweep(on=on, at=moment(on))


def states() -> list[str]:
    return list(Account.objects.order_by("pk").values_list("state", flat=True))


@pytest.mark.clause("2", "5.3")
@pytest.mark.parametrize(("on", "lapsed"), [(date(2026, 3, 1), 0), (date(2026, 3, 2), 1), (date(2026, 3, 3), 1)])
def test_a_trial_lapses_on_the_day_it_no_longer_runs(on, lapsed):
    account_in(State.TRIAL, on=date(2026, 1, 31))
    assert run(on) == Outcome(on, lapsed=lapsed, warned=0, erased=0)
    assert states() == (["lapsed"] if lapsed else ["trial"])
    assert Entry.objects.filter(event="account.lapsed").count() == lapsed


@pytest.mark.clause("5.3", "5.4")
@pytest.mark.parametrize("state", [State.LAPSED, State.CANCELLED])
@pytest.mark.parametrize(("days", "erased"), [(-1, 0), (0, 1), (1, 1)])
def test_an_ended_account_goes_on_its_day(state, days, erased):
    account_in(state, on=CANCELLED_ON)
    run(DUE_ON - 2 * DAY)
    assert run(DUE_ON + timedelta(days=days)).erased == erased
    assert states() == (["erased"] if erased else [state.value])


@pytest.mark.clause("1", "6")
@pytest.mark.parametrize(("days", "left"), [(-1, 1), (0, 0)])
def test_a_tombstone_goes_on_its_day(days, left):
    account_in(State.ERASED, on=DUE_ON)
    run(date(2033, 2, 28) + timedelta(days=days))
    assert Account.objects.count() == left


@pytest.mark.clause("5.1")
def test_an_active_account_is_never_touched():
    account = account_in(State.ACTIVE, on=date(2000, 1, 1))
    before = rows(account)
    assert run(date(2099, 1, 1)) == Outcome(date(2099, 1, 1), 0, 0, 0)
    assert rows(account) == before


@pytest.mark.clause("2", "5.3", "5.4")
@pytest.mark.parametrize("down", [timedelta(days=7), timedelta(days=3 * 366)])
def test_after_downtime_one_sweep_does_all_that_was_missed(down):
    account_in(State.TRIAL, on=DUE_ON - timedelta(days=31))
    account_in(State.CANCELLED, on=CANCELLED_ON)
    account_in(State.LAPSED, on=CANCELLED_ON)
    account_in(State.CANCELLED, on=DUE_ON - DAY)
    outcome = run(DUE_ON + down)
    if down.days == 7:
        assert (outcome.lapsed, outcome.warned, outcome.erased) == (1, 0, 2)
        assert states() == ["lapsed", "erased", "erased", "cancelled"]
    else:
        assert (outcome.lapsed, outcome.warned, outcome.erased) == (1, 0, 4)
        assert states() == ["erased"] * 4
    assert run(DUE_ON + down) == Outcome(DUE_ON + down, 0, 0, 0)
    assert alarms.check_everything(on=DUE_ON + down, at=moment(DUE_ON + down)) == 0


def test_twice_is_once():
    account_in(State.CANCELLED, on=CANCELLED_ON)
    assert [run(DUE_ON).erased, run(DUE_ON).erased] == [1, 0]
    assert Erasure.objects.count() == 1


@pytest.mark.parametrize(
    ("at", "erased"),
    [
        # the night to summer time: midnight is 23:00 UTC of the day before
        (datetime(2026, 3, 28, 22, 59, tzinfo=UTC), {"today": False, "tomorrow": False}),
        (datetime(2026, 3, 28, 23, 1, tzinfo=UTC), {"today": True, "tomorrow": False}),
        (datetime(2026, 3, 29, 21, 59, tzinfo=UTC), {"today": True, "tomorrow": False}),
        (datetime(2026, 3, 29, 22, 1, tzinfo=UTC), {"today": True, "tomorrow": True}),
    ],
)
@pytest.mark.clause("Time")
def test_the_day_is_amsterdams_when_summer_time_begins(at, erased):
    check_night(date(2026, 3, 29), at, erased)


@pytest.mark.parametrize(
    ("at", "erased"),
    [
        (datetime(2026, 10, 24, 21, 59, tzinfo=UTC), {"today": False, "tomorrow": False}),
        (datetime(2026, 10, 24, 22, 1, tzinfo=UTC), {"today": True, "tomorrow": False}),
        (datetime(2026, 10, 25, 22, 59, tzinfo=UTC), {"today": True, "tomorrow": False}),
        (datetime(2026, 10, 25, 23, 1, tzinfo=UTC), {"today": True, "tomorrow": True}),
    ],
)
@pytest.mark.clause("Time")
def test_the_day_is_amsterdams_when_summer_time_ends(at, erased):
    check_night(date(2026, 10, 25), at, erased)


def check_night(night: date, at: datetime, erased: dict[str, bool]) -> None:
    accounts = {
        "today": account_in(State.CANCELLED, on=night.replace(year=night.year - 2)),
        "tomorrow": account_in(State.CANCELLED, on=(night + DAY).replace(year=night.year - 2)),
    }
    with time_machine.travel(at, tick=False):
        tasks.sweep()
    assert {name: Account.objects.get(pk=a.pk).state == "erased" for name, a in accounts.items()} == erased
    for account in Account.objects.filter(state=State.ERASED):
        assert (
            account.erased_on == (at + timedelta(hours=1 if at.month == 3 and at.day == 28 else 2)).date()
            or at.month == 10
        )


# --- Safety --------------------------------------------------------------------------------------------------


def test_the_kill_switch_stops_erasure_and_nothing_else(settings):
    account_in(State.CANCELLED, on=CANCELLED_ON)
    account_in(State.TRIAL, on=DUE_ON - timedelta(days=30))
    settings.RETENTION_ENABLED = False
    assert run(DUE_ON) == Outcome(DUE_ON, lapsed=1, warned=0, erased=0, stopped="switched off")
    with time_machine.travel(moment(DUE_ON), tick=False):
        assert tasks.erase_account(Account.objects.first().pk) == 0
    settings.RETENTION_ENABLED = True
    assert run(DUE_ON).erased == 1


def test_the_cap_bounds_a_night_and_the_next_night_goes_on(settings):
    for _n in range(5):
        account_in(State.CANCELLED, on=CANCELLED_ON)
    settings.RETENTION_NIGHTLY_CAP = 2
    assert run(DUE_ON) == Outcome(DUE_ON, 0, 0, 2, "cap")
    assert run(DUE_ON) == Outcome(DUE_ON, 0, 0, 0, "cap")
    assert run(DUE_ON + DAY) == Outcome(DUE_ON + DAY, 0, 0, 2, "cap")
    assert run(DUE_ON + 2 * DAY) == Outcome(DUE_ON + 2 * DAY, 0, 0, 1)


@pytest.mark.clause("5.5")
def test_what_a_letter_orders_does_not_count_for_the_cap(settings):
    account = account_in(State.CANCELLED, on=DUE_ON - DAY)
    confirmed_letter(account, on=DUE_ON)
    with time_machine.travel(moment(DUE_ON), tick=False):
        assert tasks.erase_account(account.pk) == 1
    account_in(State.CANCELLED, on=CANCELLED_ON)
    settings.RETENTION_NIGHTLY_CAP = 1
    assert run(DUE_ON) == Outcome(DUE_ON, 0, 0, 1)


@pytest.fixture
def other_rules(monkeypatch):
    """The same rules, but a cancelled account is kept one year."""

    def change():
        changed = [
            rules.Rule(**{**vars(rule), "keep": Term(years=1), "erase": Term(years=1)})
            if rule.name == "cancelled"
            else rule
            for rule in rules.RULES
        ]
        monkeypatch.setattr(rules, "RULES", tuple(changed))
        rules.digest.cache_clear()

    yield change
    monkeypatch.undo()
    rules.digest.cache_clear()


def test_changed_rules_erase_nothing_until_staff_approved_their_dry_run(other_rules, staff, outsider):
    due, next_year = (
        account_in(State.CANCELLED, on=CANCELLED_ON),
        account_in(State.CANCELLED, on=CANCELLED_ON + timedelta(days=365)),
    )
    assert is_approved(moment(CANCELLED_ON))
    other_rules()
    assert run(DUE_ON) == Outcome(DUE_ON, 0, 0, 0, "rules not approved")
    from cannonworks.errors import Refused

    for actor, digest, code in [(outsider, rules.digest(), "not_staff"), (staff, "sha256:0", "other_rules")]:
        with pytest.raises(Refused) as caught:
            approve_rules(actor=actor, digest=digest, would_erase=2, at=moment(DUE_ON))
        assert caught.value.code == code
    approve_rules(actor=staff, digest=rules.digest(), would_erase=2, at=moment(DUE_ON))
    next_year.refresh_from_db()
    assert next_year.erase_on == date(2028, 2, 28)
    assert run(DUE_ON).erased == 2
    assert {a.state for a in Account.objects.filter(pk__in=[due.pk, next_year.pk])} == {"erased"}
    with pytest.raises(Refused) as caught:
        approve_rules(actor=staff, digest=rules.digest(), would_erase=2, at=moment(DUE_ON))
    assert caught.value.code == "rules_approved"


def test_the_rules_of_the_installation_itself_need_no_approval():
    assert is_approved(moment(DUE_ON))
    assert RulesApproval.objects.get().digest == rules.digest()
    assert is_approved(moment(DUE_ON))
    assert RulesApproval.objects.count() == 1


# --- Dry run -------------------------------------------------------------------------------------------------


def test_a_dry_run_changes_nothing_and_tells_just_what_then_happens():
    """Every kind of account that can be due, held or not, in one sweep."""
    account_in(State.TRIAL, on=DUE_ON - timedelta(days=30))
    account_in(State.TRIAL, on=date(2020, 1, 1))
    account_in(State.LAPSED, on=CANCELLED_ON)
    account_in(State.CANCELLED, on=CANCELLED_ON)
    hold(account_in(State.CANCELLED, on=CANCELLED_ON), ["relations"], on=CANCELLED_ON)
    hold(account_in(State.CANCELLED, on=CANCELLED_ON), EVERYTHING, on=CANCELLED_ON)
    confirmed_letter(account_in(State.CANCELLED, on=DUE_ON - DAY), on=DUE_ON)
    confirmed_letter(account_in(State.TRIAL, on=DUE_ON - DAY), on=DUE_ON)
    account_in(State.ERASED, on=DUE_ON.replace(year=2023))
    account_in(State.ACTIVE, on=CANCELLED_ON)
    account_in(State.CANCELLED, on=CANCELLED_ON + DAY)
    before = list(Account.objects.order_by("pk").values()), Entry.objects.count()
    told = dry_run(on=DUE_ON)
    assert (list(Account.objects.order_by("pk").values()), Entry.objects.count()) == before
    lapsing = {item.account for item in told if item.does == "lapse"}
    erasing = {
        (item.account, item.categories, item.held, item.clause, item.due_on) for item in told if item.does == "erase"
    }
    holding = {item.account for item in told if item.does == "hold"}
    last, tombstone = Entry.objects.latest("id").pk, Account.objects.get(state=State.ERASED)

    run(DUE_ON)
    lapsed = Entry.objects.filter(pk__gt=last, event="account.lapsed").values_list("account_reference", flat=True)
    assert lapsing == {str(reference) for reference in lapsed}
    done = {
        (str(r.account.reference), tuple(r.categories), tuple(r.held), r.clause, r.due_on)
        for r in Erasure.objects.filter(claimed_on=DUE_ON).select_related("account")
    }
    gone = (str(tombstone.reference), ("evidence",), (), "5", DUE_ON)  # its own run went with the evidence
    assert erasing == done | {gone}
    assert holding == {str(a.reference) for a in Account.objects.filter(held_since=DUE_ON)}
    assert not Account.objects.filter(pk=tombstone.pk).exists()


def test_a_sweep_needs_no_more_queries_for_more_accounts(django_assert_max_num_queries):
    for _n in range(3):
        account_in(State.CANCELLED, on=CANCELLED_ON)
    run(DUE_ON - DAY)
    with django_assert_max_num_queries(110):
        run(DUE_ON)
    AccountFactory.create_batch(1)
    for _n in range(12):
        account_in(State.CANCELLED, on=CANCELLED_ON + DAY)
    run(DUE_ON)
    with django_assert_max_num_queries(110):
        run(DUE_ON + DAY)


def test_letters_pass_the_sweep_too_when_their_own_message_was_lost():
    account = account_in(State.CANCELLED, on=DUE_ON - DAY)
    confirmed_letter(account, on=DUE_ON)
    assert run(DUE_ON).erased == 1
    assert Alarm.objects.count() == 0
    assert StaffFactory().is_staff
