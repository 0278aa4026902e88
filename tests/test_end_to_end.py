"""The whole way round: a worker, beat and a mail server of their own, killed half-way, with a statement that verifies."""

from __future__ import annotations

import contextlib
import os
import re
import shelve
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest
from celery.beat import PersistentScheduler
from dateutil.relativedelta import relativedelta
from django.db import transaction
from django.utils import timezone

from accounts.states import State
from cannonworks import datamap, rules
from cannonworks.celery import app
from relations.models import Relation
from retention import ledger
from retention.models import Erasure, StatementMail, Step
from tests.lives import account_in, fill, full_life, rows
from tests.processes import ROOT, environment, manage, until

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.clause("2", "5.4", "6", "14"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(240),
]


class Program:
    """A program in a session of its own, with its output in a file."""

    def __init__(self, log, *arguments: str, env: dict[str, str]) -> None:
        self.log = log
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "cannonworks", *arguments], cwd=ROOT, env=env, stdout=out, stderr=out,
                start_new_session=True,
            )  # fmt: skip

    def said(self) -> str:
        assert self.process.poll() is None, self.log.read_text()
        return self.log.read_text()

    def kill(self) -> None:
        """Kill it and its children at once, as a power cut would."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(20)


@pytest.fixture
def programs(tmp_path) -> Iterator:
    started: list[Program] = []

    def start(name: str, *arguments: str, ready: str, env: dict[str, str]) -> Program:
        program = Program(tmp_path / f"{name}.log", *arguments, env=env)
        started.append(program)
        until(lambda: ready in program.said(), f"{name} is ready")
        return program

    yield start
    for program in started:
        program.kill()


def worker(programs, name: str, env: dict[str, str]) -> Program:
    return programs(name, "worker", "-c", "2", "--loglevel", "info", "-n", f"{name}@%h", ready="ready.", env=env)


@pytest.fixture
def env(post_office) -> dict[str, str]:
    app.control.purge()
    return environment(EMAIL_URL=post_office.url)


def schedule_from_two_hours_ago(path: str) -> None:
    """What beat finds when it starts after it was down: every task was last sent two hours ago."""
    scheduler = PersistentScheduler(app, schedule_filename=path)
    then = timezone.now() - timedelta(hours=2)
    for entry in scheduler.schedule.values():
        entry.last_run_at = then
    scheduler.sync()
    scheduler.close()
    with shelve.open(path) as stored:
        assert len(stored["entries"]) >= 3


def test_every_entry_of_beat_names_a_task_that_exists():
    app.loader.import_default_modules()
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)


def test_what_is_due_is_erased_stated_and_mailed_though_a_worker_is_killed_on_the_way(
    programs, env, post_office, tmp_path
):
    today = timezone.localdate()
    due = full_life(cancelled_on=today - relativedelta(years=2))
    others = [account_in(State.CANCELLED, on=today - relativedelta(years=2)) for _n in range(5)]
    lapsing = account_in(State.TRIAL, on=today - timedelta(days=30))
    running = fill(account_in(State.ACTIVE, on=today - timedelta(days=5)), on=today)
    address, before = due.main_user.email, rows(running)

    # Beat was down and catches up: it sends the sweep, and a worker begins on it.
    schedule = str(tmp_path / "schedule")
    schedule_from_two_hours_ago(schedule)
    first = worker(programs, "first", env)
    with transaction.atomic():
        Relation.objects.select_for_update().get(account=due, company_name="Jansen & Zoon")  # rows cannot go yet
        beat = programs(
            "beat", "beat", "-s", schedule, "--pidfile=", "--loglevel", "info", ready="Sending due task sweep", env=env
        )
        until(lambda: Erasure.objects.filter(step=Step.KEY_DESTROYED).count() == 6, "the worker comes to the rows")
        first.kill()
    assert Erasure.objects.filter(step=Step.DONE).count() == 0
    beat.kill()

    # Another takes over from where it stopped.
    worker(programs, "second", env)
    app.send_task("retention.tasks.sweep")
    until(lambda: Erasure.objects.filter(step=Step.DONE).count() == 6, "the second worker finishes")
    for account in (due, *others):
        account.refresh_from_db()
        assert (account.state, account.erased_on) == (State.ERASED, today)
        assert rows(account, *datamap.erasable(*rules.WITH_THE_ACCOUNT)) == {}
        assert Erasure.objects.filter(account=account).count() == 1
    lapsing.refresh_from_db()
    assert (lapsing.state, rows(running)) == (State.LAPSED, before)
    assert {line["kind"] for line in ledger.read()} == {"claimed", "erased"}

    # The statement comes by mail, once, and anyone can verify it; then the address is forgotten.
    app.send_task("retention.tasks.send_post")
    until(lambda: not StatementMail.objects.exists(), "the statements are mailed")
    letters = [letter for letter in post_office.letters if letter["To"] == address]
    assert len(post_office.letters) == 6
    files = {
        part.get_filename().rpartition(".")[2]: part.get_payload(decode=True) for part in letters[0].iter_attachments()
    }
    run = Erasure.objects.get(account=due)
    assert set(files) == {"pdf", "json"}
    assert letters[0]["Message-ID"].startswith(f"<statement-{run.reference}@")
    for kind, content in files.items():
        (tmp_path / f"statement.{kind}").write_bytes(content)
        done = manage("verify_statement", str(tmp_path / f"statement.{kind}"), env=env)
        assert (done.returncode, done.stderr) == (0, "")
        assert re.match(
            rf"Proven: statement of erasure {run.reference}, erased on {today}, signed with key ", done.stdout
        )
    assert len(letters) == 1
