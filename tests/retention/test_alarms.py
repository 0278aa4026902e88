"""Both sides of every window, and what could not be checked: raised, and cleared when it is over (§5)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection

from accounts.models import Account
from accounts.states import State
from cannonworks import rules
from finance.bookkeeping import charge_subscription
from finance.models import SubscriptionInvoice
from journal.models import Entry
from relations.models import Relation
from retention import alarms, erasure, parking, sweep
from retention.models import Alarm, AlarmKind, Erasure, ErasureWarning, Hold, LedgerNote, StatementMail, Step
from tests.lives import CANCELLED_ON, DUE_ON, EVERYTHING, account_in, confirmed_letter, erase, hold, moment

pytestmark = [pytest.mark.django_db, pytest.mark.clause("5.3", "5.4")]
DAY = timedelta(days=1)


def standing(on: date = DUE_ON) -> list[tuple[str, str]]:
    alarms.check_everything(on=on, at=moment(on))
    return sorted(Alarm.objects.filter(cleared_at=None).values_list("kind", "about"))


def past_the_erasing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('cannonworks.erasing', 'on', true)")


def test_all_is_well_where_all_is_well():
    erase(account_in(State.CANCELLED, on=CANCELLED_ON), on=DUE_ON)
    StatementMail.objects.all().delete()
    account_in(State.ACTIVE, on=CANCELLED_ON)
    account_in(State.TRIAL, on=DUE_ON)
    assert standing() == []


@pytest.mark.parametrize("state", [State.LAPSED, State.CANCELLED])
def test_too_late_is_a_day_past_the_ceiling_whatever_erase_on_says(state):
    account = account_in(state, on=CANCELLED_ON)
    Account.objects.update(erase_on=date(2099, 1, 1))
    assert standing(DUE_ON) == []
    assert standing(DUE_ON + DAY) == [(AlarmKind.TOO_LATE, str(account.reference))]
    Account.objects.update(erase_on=DUE_ON)
    erase(account, on=DUE_ON + DAY)
    StatementMail.objects.all().delete()
    assert standing(DUE_ON + DAY) == []
    assert Alarm.objects.get().cleared_at == moment(DUE_ON + DAY)
    told = Entry.objects.filter(event__startswith="alarm.").order_by("id").values_list("event", flat=True)
    assert list(told) == ["alarm.raised", "alarm.cleared"]


@pytest.mark.clause("2", "5.5")
def test_too_late_are_a_letter_and_the_end_of_a_trial_as_well():
    ordered, trial = account_in(State.CANCELLED, on=CANCELLED_ON), account_in(State.TRIAL, on=CANCELLED_ON)
    confirmed_letter(ordered, on=CANCELLED_ON)
    assert standing(CANCELLED_ON) == []
    assert standing(CANCELLED_ON + DAY) == [(AlarmKind.TOO_LATE, str(ordered.reference))]
    assert len(standing(trial.trial_ends_on + DAY)) == 2


@pytest.mark.clause("5 hold")
def test_what_a_hold_keeps_back_is_not_late():
    account = account_in(State.CANCELLED, on=CANCELLED_ON)
    hold(account, EVERYTHING, on=DUE_ON - DAY)
    sweep.sweep(on=DUE_ON, at=moment(DUE_ON))
    assert standing(DUE_ON + DAY) == []


@pytest.mark.clause("1")
def test_too_late_are_books_and_deferred_data_that_nobody_holds():
    account = account_in(State.ACTIVE, on=CANCELLED_ON)
    charge_subscription(account, on=CANCELLED_ON)
    from accounts.services import cancel_account

    cancel_account(account, actor=account.main_user, on=CANCELLED_ON)
    held = hold(account, ["relations"], on=DUE_ON - DAY)
    erase(account, on=DUE_ON)
    StatementMail.objects.all().delete()
    Account.objects.update(erase_on=date(2099, 1, 1))  # nobody looks any more
    end = SubscriptionInvoice.objects.get().kept_until
    evidence_end = date(2033, 2, 28)
    late = [(AlarmKind.TOO_LATE, str(account.reference))]
    Hold.objects.update(review_on=date(2099, 1, 1))
    assert standing(evidence_end) == []
    assert standing(evidence_end + DAY) == late
    Alarm.objects.all().delete()
    Hold.objects.filter(pk=held.pk).update(released_on=DUE_ON)
    assert standing(DUE_ON + DAY) == late
    assert standing(end + DAY) == late


@pytest.mark.parametrize("state", [State.LAPSED, State.CANCELLED])
def test_too_early_is_before_the_floor_without_a_letter(state):
    account = account_in(state, on=CANCELLED_ON)
    early = date(2026, 8, 27) if state == State.LAPSED else DUE_ON - DAY
    Account.objects.update(state="erased", keep_until=early, erased_on=early, erase_on=None)  # who can do that
    assert (AlarmKind.TOO_EARLY, str(account.reference)) in standing()
    Account.objects.update(erased_on=early + DAY)
    assert (AlarmKind.TOO_EARLY, str(account.reference)) not in standing()


def test_residue_is_told_by_table():
    account = erase(account_in(State.CANCELLED, on=CANCELLED_ON), on=DUE_ON)
    StatementMail.objects.all().delete()
    past_the_erasing()
    Relation.objects.create(account=account, first_name="Left")
    assert standing() == [(AlarmKind.RESIDUE, "relations_relation")]
    Relation.objects.all().delete()
    assert standing() == []


def test_an_account_that_vanished_is_noticed():
    account = account_in(State.ACTIVE, on=CANCELLED_ON)
    assert standing() == []
    past_the_erasing()
    for row in (account.users, account.sessions):
        row.all().delete()
    account.company.delete()
    account.data_key.delete()
    LedgerNote.objects.filter(account=account).delete()
    Account.objects.filter(pk=account.pk).delete()
    assert standing() == [(AlarmKind.VANISHED, str(account.reference))]


def test_switch_cap_and_unapproved_rules(settings, monkeypatch):
    account_in(State.CANCELLED, on=CANCELLED_ON)
    assert standing() == []
    settings.RETENTION_ENABLED = False
    assert standing() == [(AlarmKind.STOPPED, "")]
    settings.RETENTION_ENABLED, settings.RETENTION_NIGHTLY_CAP = True, 0
    assert standing() == [(AlarmKind.CAP, "")]
    settings.RETENTION_NIGHTLY_CAP = 10
    with monkeypatch.context() as patch:
        patch.setattr(rules, "digest", lambda: "sha256:other")
        assert standing() == [(AlarmKind.RULES, "")]
    assert standing() == []


def test_a_parked_erasure_stays_on_the_board_until_it_is_freed(staff):
    account_in(State.CANCELLED, on=CANCELLED_ON)
    erasure.claim(on=DUE_ON, at=moment(DUE_ON))
    Erasure.objects.update(parked_at=moment(DUE_ON), failure="1 rows left", attempts=5)
    run = Erasure.objects.get()
    assert standing() == [(AlarmKind.PARKED, str(run.reference))]
    parking.unpark(run, actor=staff)
    assert standing() == []


@pytest.mark.clause("5 hold")
@pytest.mark.parametrize(("days", "raised"), [(-1, False), (0, True), (1, True)])
def test_a_hold_past_its_review_is_told_and_a_released_one_not(days, raised):
    account = account_in(State.ACTIVE, on=CANCELLED_ON)
    held = hold(account, ["relations"], on=CANCELLED_ON)
    on = held.review_on + timedelta(days=days)
    assert standing(on) == ([(AlarmKind.REVIEW, str(account.reference))] if raised else [])
    Hold.objects.update(released_on=on)
    assert standing(on) == []


def test_mail_that_keeps_failing_is_told():
    account = account_in(State.CANCELLED, on=CANCELLED_ON)
    ErasureWarning.objects.create(account=account, erase_on=DUE_ON, days=90, planned_on=CANCELLED_ON, attempts=2)
    assert standing(CANCELLED_ON) == []
    ErasureWarning.objects.update(attempts=3)
    assert standing(CANCELLED_ON) == [(AlarmKind.WARNING, str(account.reference))]


def test_what_cannot_be_checked_is_told_and_is_not_taken_for_over(monkeypatch):
    account = erase(account_in(State.CANCELLED, on=CANCELLED_ON), on=DUE_ON)
    StatementMail.objects.all().delete()
    past_the_erasing()
    Relation.objects.create(account=account, first_name="Left")
    assert standing() == [(AlarmKind.RESIDUE, "relations_relation")]

    def residue(on, at):
        raise ValueError("cannot look")
        yield

    checks = tuple((kinds, residue if check is alarms.residue else check) for kinds, check in alarms.CHECKS)
    with monkeypatch.context() as patch:
        patch.setattr(alarms, "CHECKS", checks)
        assert standing() == [(AlarmKind.NOT_CHECKED, "residue"), (AlarmKind.RESIDUE, "relations_relation")]
        assert Alarm.objects.get(kind=AlarmKind.NOT_CHECKED).detail == "ValueError"
    assert standing() == [(AlarmKind.RESIDUE, "relations_relation")]


def test_a_check_that_breaks_the_connection_of_others_is_kept_apart(monkeypatch):
    def residue(on, at):
        connection.cursor().execute("SELECT * FROM no_such_table")
        yield

    checks = tuple((kinds, residue if check is alarms.residue else check) for kinds, check in alarms.CHECKS)
    monkeypatch.setattr(alarms, "CHECKS", checks)
    account_in(State.CANCELLED, on=CANCELLED_ON)
    assert [kind for kind, _about in standing(DUE_ON + DAY)] == [AlarmKind.NOT_CHECKED, AlarmKind.TOO_LATE]


def test_the_same_trouble_is_told_once_however_often_it_is_seen():
    account_in(State.CANCELLED, on=CANCELLED_ON)
    for days in range(1, 5):
        standing(DUE_ON + timedelta(days=days))
    assert Alarm.objects.count() == 1
    assert Alarm.objects.get().raised_at == moment(DUE_ON + DAY)


def test_every_kind_of_alarm_has_a_check():
    checked = {kind for kinds, _check in alarms.CHECKS for kind in kinds}
    assert checked | {AlarmKind.NOT_CHECKED} == set(AlarmKind)
    assert Step.DONE == 7
