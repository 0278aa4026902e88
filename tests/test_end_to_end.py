"""The main job on real components: beat, queue, workers, database and mail server, each a process or socket of its own."""

from __future__ import annotations

import email
import socket
import time
from collections.abc import Callable, Iterator
from datetime import date
from email.message import Message
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from dateutil.relativedelta import relativedelta
from django.utils import timezone

from accounts.models import Account
from accounts.states import State
from cannonworks.celery import app
from retention import ledger
from retention.models import Erasure, ErasureWarning
from tests import processes
from tests.lives import EVERYTHING, EVIDENCE_AND_BOOKS, account_in, confirmed_letter, full_life, hold, rows

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


class Mailbox:
    """What the mail server took, in order."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def handle_DATA(self, server, session, envelope) -> str:
        self.messages.append(email.message_from_bytes(envelope.content))
        return "250 taken"

    def statements_to(self, address: str) -> list[Message]:
        """Mails with files. A warning has none; one that waited may still go out just before its account is claimed."""
        return [message for message in self.messages if message["To"] == address and message.is_multipart()]


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    """A mail server on loopback, with its address for EMAIL_URL."""
    box = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield box, f"smtp://127.0.0.1:{port}"
    finally:
        server.stop()


def within(seconds: float, reached: Callable[[], bool]) -> bool:
    """Whether it is so within the time; looked at ten times a second."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if reached():
            return True
        time.sleep(0.1)
    return reached()


def states(*accounts: Account) -> list[str]:
    found = dict(Account.objects.values_list("pk", "state"))
    return [found[account.pk] for account in accounts]


@pytest.mark.clause("2", "5.1", "5.3", "5.4", "5.5", "5 hold", "6")
def test_beat_and_workers_keep_every_window_also_when_a_worker_is_killed(mailbox, tmp_path):
    box, address = mailbox
    today = timezone.localdate()
    two_years_ago = today - relativedelta(years=2)
    due = [full_life(cancelled_on=two_years_ago)]
    due += [account_in(State.CANCELLED, on=two_years_ago) for _each in range(19)]
    user = due[0].main_user
    held = account_in(State.CANCELLED, on=two_years_ago)
    hold(held, EVERYTHING, on=today)
    ordered = account_in(State.CANCELLED, on=today)
    confirmed_letter(ordered, on=today)
    trial_over = account_in(State.TRIAL, on=today - relativedelta(days=30))
    trial = account_in(State.TRIAL, on=today - relativedelta(days=29))
    active = account_in(State.ACTIVE, on=date(2015, 1, 1))
    tomorrow = account_in(State.CANCELLED, on=two_years_ago + relativedelta(days=1))
    everyone = [*due, ordered, held, trial_over, trial, active, tomorrow]
    expected = ["erased"] * 21 + ["cancelled", "lapsed", "trial", "active", "cancelled"]

    worker = ["-m", "celery", "--app", "cannonworks.celery", "worker", "--concurrency", "2", "--loglevel", "INFO"]
    beat = ["-m", "celery", "--app", "tests.quick_beat:app", "beat", "--pidfile=", "--schedule", str(tmp_path / "beat")]
    log = str(tmp_path / "log")
    with processes.running(*beat, log=log, EMAIL_URL=address):
        with processes.running(*worker, log=log, EMAIL_URL=address) as first:
            assert within(60, Erasure.objects.exists), Path(log).read_text()
            processes.kill(first)  # somewhere in the middle of it
        with processes.running(*worker, log=log, EMAIL_URL=address):
            assert within(60, lambda: states(*everyone) == expected), Path(log).read_text()
            assert within(30, lambda: len(box.statements_to(user.email)) > 0), Path(log).read_text()
            assert within(30, lambda: ErasureWarning.objects.filter(sent_at__isnull=False).exists())

    assert all(set(rows(account)) <= EVIDENCE_AND_BOOKS | {"retention_statementmail"} for account in due)
    assert Erasure.objects.count() == len(set(Erasure.objects.values_list("account", flat=True))) == 21
    erased = [line["run"] for line in ledger.read() if line["kind"] == "erased"]
    assert len(set(erased)) == 21
    prove_statement(box.statements_to(user.email), tmp_path)


def prove_statement(messages: list[Message], folder: Path) -> None:
    """One mail, its signed file and its PDF both proven by the command, and refused when a letter of it is changed."""
    assert len(messages) == 1
    files = {part.get_filename(): part.get_payload(decode=True) for part in messages[0].walk() if part.get_filename()}
    assert sorted(name.rpartition(".")[2] for name in files) == ["json", "pdf"]
    for name, content in files.items():
        (folder / name).write_bytes(content)
        proven = processes.run("manage.py", "verify_statement", str(folder / name))
        assert (proven.returncode, proven.stdout.partition(":")[0]) == (0, "Proven"), proven.stderr
    forged = folder / "forged.json"
    forged.write_bytes(
        next(files[name] for name in files if name.endswith("json")).replace(b'"rows":1', b'"rows":2', 1)
    )
    assert processes.run("manage.py", "verify_statement", str(forged)).returncode == 1


def test_every_entry_of_the_beat_schedule_names_a_task_that_exists():
    app.loader.import_default_modules()
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)
