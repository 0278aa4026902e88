"""Every affected account has one notice of the latest released phase, however often and by how many it is planned (§13)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections

from accounts.models import User
from breaches import planning, releasing, sending, tasks
from breaches.models import Affected, Notice
from cannonworks import isolation
from journal.models import Entry
from tests import breached
from tests.breaches.released import AT, accounts, notices, waiting
from tests.factories import StaffFactory
from tests.lives import DUE_ON, erase, full_life

pytestmark = [pytest.mark.django_db, pytest.mark.clause("13")]


def test_one_for_each_in_the_language_of_its_main_user_in_batches(monkeypatch):
    monkeypatch.setattr(planning, "BATCH", 2)
    some = accounts(5)
    User.objects.filter(pk=some[3].main_user.pk).update(language="en")
    phase = waiting(*some)
    made = notices(phase)
    assert [notice.account_id for notice in made] == [account.pk for account in some]
    assert [notice.language for notice in made] == ["nl", "nl", "nl", "en", "nl"]
    assert [notice.batch for notice in made] == [0, 0, 1, 1, 2]
    assert {notice.planned_at for notice in made} == {AT}
    assert len({notice.reference for notice in made}) == 5
    (entry,) = Entry.objects.filter(event="breach.planned")
    assert (entry.facts["notices"], entry.facts["batches"]) == (5, 3)


def test_planning_again_adds_nothing_and_who_is_frozen_later_gets_the_next_batch(monkeypatch):
    monkeypatch.setattr(planning, "BATCH", 2)
    phase = waiting(*accounts(3))
    before = {notice.pk for notice in notices(phase)}
    assert planning.plan(phase.breach_id, at=AT) == 0
    breached.affected(phase.breach, *accounts(2))
    assert planning.plan(phase.breach_id, at=AT + timedelta(hours=1)) == 2
    later = [notice for notice in notices(phase) if notice.pk not in before]
    assert [notice.batch for notice in later] == [1, 2]
    assert Entry.objects.filter(event="breach.planned").count() == 2


def test_before_a_release_nothing_is_planned_and_of_many_phases_the_latest_released():
    row = breached.breach()
    some = accounts(2)
    breached.affected(row, some[0])
    first = breached.phase(row)
    assert planning.plan(row.pk, at=AT) == 0
    releasing.release(first, actor=StaffFactory(), at=AT)
    planning.plan(row.pk, at=AT)
    second = breached.phase(row)
    breached.affected(row, some[1])
    assert (planning.plan(row.pk, at=AT), len(notices(first))) == (1, 2)
    releasing.release(second, actor=StaffFactory(), at=AT)
    assert (planning.plan(row.pk, at=AT), len(notices(first)), len(notices(second))) == (2, 2, 2)


def test_accounts_that_are_gone_are_excused_counted_and_journalled():
    gone = full_life()
    erase(gone, on=DUE_ON)
    (there,) = accounts(1)
    phase = waiting(there, gone)
    assert [notice.account_id for notice in notices(phase)] == [there.pk]
    assert Affected.objects.get(account=gone, breach=phase.breach).excused_at == AT
    assert Affected.objects.get(account=there, breach=phase.breach).excused_at is None
    (entry,) = Entry.objects.filter(event="breach.excused")
    assert entry.facts == {"breach": str(phase.breach.reference), "accounts": 1, "still_to_tell": 1}
    assert not planning.is_waiting(phase.breach)


def test_who_was_told_of_an_earlier_phase_is_not_excused_after_an_erasure():
    gone = full_life()
    row = breached.breach()
    breached.affected(row, gone, told_at=AT)
    erase(gone, on=DUE_ON)
    breached.phase(row, is_released=True)
    assert planning.plan(row.pk, at=AT) == 0
    assert Affected.objects.get(account=gone, breach=row).excused_at is None


@pytest.mark.django_db(transaction=True)
def test_two_at_once_plan_one_for_each(monkeypatch):
    monkeypatch.setattr(planning, "BATCH", 10)
    row = breached.breach()
    breached.affected(row, *accounts(60))
    breached.phase(row, is_released=True)

    def alone() -> int:
        try:
            with isolation.acting_as(isolation.JOBS):
                return planning.plan(row.pk, at=AT)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        planned = sorted(side.result(timeout=60) for side in [pool.submit(alone) for _side in range(2)])
    assert planned == [0, 60]
    assert sorted(Notice.objects.values_list("batch", flat=True)) == [n // 10 for n in range(60)]


def test_a_release_and_a_plan_queue_what_comes_next(monkeypatch, django_capture_on_commit_callbacks):
    planned, sent = [], []
    monkeypatch.setattr(tasks.plan_notices, "delay", lambda pk: planned.append(pk))
    monkeypatch.setattr(tasks.send_batch, "delay", lambda phase, batch: sent.append((phase, batch)))
    monkeypatch.setattr(planning, "BATCH", 2)
    with django_capture_on_commit_callbacks(execute=True):
        phase = waiting(*accounts(3))
    assert (planned, sent) == ([phase.breach_id], [(phase.pk, 0), (phase.pk, 1)])


def test_the_beat_queues_what_nobody_is_at(monkeypatch, django_capture_on_commit_callbacks):
    phase = waiting(*accounts(2))
    Notice.objects.filter(pk=notices(phase)[1].pk).update(batch=7, retry_at=AT + timedelta(minutes=5))
    forgotten = breached.breach()
    breached.affected(forgotten, *accounts(1))
    breached.phase(forgotten, is_released=True)
    planned, sent = [], []
    monkeypatch.setattr(tasks.plan_notices, "delay", lambda pk: planned.append(pk))
    monkeypatch.setattr(tasks.send_batch, "delay", lambda phase, batch: sent.append((phase, batch)))
    with django_capture_on_commit_callbacks(execute=True):
        assert sending.tend(at=AT) == 2
    assert (planned, sent) == ([forgotten.pk], [(phase.pk, 0)])
    with django_capture_on_commit_callbacks(execute=True):
        assert sending.tend(at=AT + timedelta(minutes=5)) == 3
    assert sent[1:] == [(phase.pk, 0), (phase.pk, 7)]
