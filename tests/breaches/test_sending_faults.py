"""Workers killed at any moment, two on one batch, a database that goes away: each account has its notice, once (§13)."""

from __future__ import annotations

import os
import random
import signal
from datetime import timedelta

import pytest
from django.db import OperationalError, close_old_connections, connection
from django.utils import timezone

from accounts.models import User
from breaches import planning, sending
from breaches.handing import MailServer
from breaches.models import Affected, Consultation, Notice, Phase
from cannonworks import isolation, turns
from cannonworks.celery import app
from journal.models import Entry
from tests.breaches.offices import Office
from tests.breaches.released import AT, accounts, notices, send, waiting
from tests.processes import Beside, ended, fork, kill, running, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("13")]


def worker(phase: Phase, batch: int = 0) -> int:
    """A process that sends a batch; its id."""

    def work() -> None:
        with isolation.starting_as(isolation.JOBS):
            sending.send_batch(phase.pk, batch, clock=lambda: AT)

    return fork(work)


def all_is_well(phase: Phase, office: Office, *, kills: int) -> None:
    """Each account has its notice under one Message-ID and one body, all is noted once, and repeats are few."""
    found = notices(phase)
    readers = dict(User.objects.filter(is_main=True, account__isnull=False).values_list("account", "email"))
    assert sorted(office.per_reader) == sorted(readers[notice.account_id] for notice in found)
    assert all(len(mails) == 1 for mails in office.per_reader.values())  # to the last byte
    ids = [letter["Message-ID"] for letter in office.letters]
    assert set(ids) == {f"<breach-{notice.reference}@localhost>" for notice in found}
    assert all(notice.handed_at for notice in found)
    assert not Affected.objects.untold().exists()
    assert Consultation.objects.count() == len(found)
    assert Entry.objects.filter(event="breach.told").count() == len(found)
    counted = sum(notice.repeats for notice in found)
    assert office.repeats <= counted <= kills  # begun, and perhaps not handed over


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_any_moment_each_account_has_one_notice(office, seed):
    dice = random.Random(seed)
    phase = waiting(*accounts(30))
    office.seconds = 0.02  # or it is through before the kill arrives
    kills = 0
    while Notice.objects.filter(handed_at=None).exists():
        left = Notice.objects.filter(handed_at=None).count()
        pid, upto = worker(phase), len(office.has) + min(left, dice.randint(0, 6))
        until(lambda upto=upto: len(office.has) >= upto, "some mails")
        os.kill(pid, signal.SIGKILL)
        kills += ended(pid) == -signal.SIGKILL
        until(lambda: _is_free(phase), "the lock of the killed worker")
    assert kills >= 3
    all_is_well(phase, office, kills=kills)


def _is_free(phase: Phase) -> bool:
    with turns.alone(f"breach batch {phase.pk} 0") as alone:
        return alone


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_before_or_after_the_server_has_it_exactly_that_one_goes_again(office, moment):
    phase = waiting(*accounts(5))
    hand, times = MailServer.hand, iter(range(1, 99))

    def dying(server, message, *, envelope):
        is_third = next(times) == 3
        if moment == "after" or not is_third:
            hand(server, message, envelope=envelope)
        if is_third:
            os.kill(os.getpid(), signal.SIGKILL)

    MailServer.hand = dying  # for the child alone
    try:
        pid = worker(phase)
    finally:
        MailServer.hand = hand
    assert ended(pid) == -signal.SIGKILL
    begun = notices(phase)[2]
    assert (begun.begun_at, begun.handed_at) == (AT, None)
    until(lambda: _is_free(phase), "the lock of the killed worker")
    assert send(phase) == 3
    assert [notice.repeats for notice in notices(phase)] == [0, 0, 1, 0, 0]
    assert office.repeats == (1 if moment == "after" else 0)
    all_is_well(phase, office, kills=1)


def test_two_workers_on_one_batch_send_each_once(office):
    phase = waiting(*accounts(25))
    office.seconds = 0.005
    assert [ended(pid) for pid in [worker(phase), worker(phase), worker(phase)]] == [0, 0, 0]
    send(phase)
    all_is_well(phase, office, kills=0)
    assert office.repeats == 0


def test_a_worker_that_has_the_batch_keeps_another_away_and_frees_it_at_its_end(office):
    phase = waiting(*accounts(3))
    met = []

    def meanwhile(number: int) -> None:
        if number == 1:
            met.append(Beside(lambda: _as_jobs(phase)).result())

    office.on_mail = meanwhile
    assert send(phase) == 3
    assert met == [0]
    assert _is_free(phase)


def _as_jobs(phase: Phase) -> int:
    with isolation.acting_as(isolation.JOBS):
        return send(phase)


def test_a_database_that_goes_away_after_a_mail_costs_one_repeat(office):
    phase = waiting(*accounts(5))
    pid_of_connection = []

    def unplug(number: int) -> None:
        if number == 2:
            Beside(lambda: _terminate(pid_of_connection[0])).result()

    office.on_mail = unplug
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid_of_connection.append(cursor.fetchone()[0])
    with pytest.raises(OperationalError):
        send(phase)
    close_old_connections()
    assert [notice.handed_at for notice in notices(phase)] == [AT, None, None, None, None]
    assert send(phase) == 4
    all_is_well(phase, office, kills=1)
    assert office.repeats == 1


def _terminate(pid: int) -> None:
    with isolation.acting_as(isolation.NOBODY), connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])


@pytest.mark.e2e
@pytest.mark.timeout(240)
def test_real_workers_killed_again_and_again_lose_nothing(office, tmp_path, monkeypatch):
    """Beat's task, the queue and Celery's own processes; each killed in the middle of a batch."""
    from breaches import tasks

    monkeypatch.setattr(planning, "BATCH", 40)
    app.control.purge()  # what other tests left in the queue would come by mail too
    phase = waiting(*accounts(120), at=timezone.now() - timedelta(minutes=1))
    office.seconds = 0.01
    celery = ("-m", "celery", "-A", "cannonworks", "worker", "--concurrency", "2", "--loglevel", "warning")
    address = {"EMAIL_URL": f"smtp://127.0.0.1:{office.port}", "DEFAULT_FROM_EMAIL": "noreply@localhost"}
    kills = 0
    for upto in (15, 50, 85):
        tasks.tend_notices()
        with running(*celery, log=str(tmp_path / "log"), **address) as process:
            until(lambda upto=upto: len(office.has) >= upto, "mails of a worker")
            kill(process)
            kills += 2  # processes at work
    tasks.tend_notices()
    with running(*celery, log=str(tmp_path / "log"), **address):
        until(lambda: not Notice.objects.filter(handed_at=None).exists(), "the rest")
    all_is_well(phase, office, kills=kills)
    assert {notice.batch for notice in notices(phase)} == {0, 1, 2}
