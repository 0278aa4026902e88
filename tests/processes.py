"""Real processes of the product beside a test: on the test's database, queue and keys, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from django.conf import settings
from django.db import connection, connections, transaction

from cannonworks import isolation
from cannonworks.errors import Refused

#: Seconds that anything here may take.
PATIENCE = 60


def environment(**more: str) -> dict[str, str]:
    """What a process needs to work on this test's database, queue, ledger and secrets."""
    name = connection.settings_dict["NAME"]
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "cannonworks.settings",
        **{
            url: f"{getattr(settings, url).rpartition('/')[0]}/{name}" for url in ("DATABASE_URL", "DATABASE_OWNER_URL")
        },
        "REDIS_URL": settings.REDIS_URL,
        "LEDGER_DIR": str(settings.LEDGER_DIR),
        "FILES_DIR": str(settings.FILES_DIR),
        "EMAIL_URL": "dummymail://",
        "SECURE": "false",
        "BACKUPS_DIR": str(settings.BACKUPS_DIR),
        **{name: getattr(settings, name) for name in SECRETS},
        **more,
    }


SECRETS = (
    "SECRET_KEY",
    "KEY_ENCRYPTION_KEYS",
    "LOOKUP_KEY",
    "STATEMENT_SIGNING_KEY",
    "BACKUP_RECIPIENTS",
    "BACKUP_IDENTITY",
)


def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run ``python …`` to its end, at most a minute."""
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment(**more), cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@contextmanager
def running(*arguments: str, log: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``python …`` beside the test, with all it starts in one group that is killed at the end."""
    with open(log, "ab") as file:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            env=environment(**more), cwd=settings.BASE_DIR, stdout=file, stderr=file, start_new_session=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL the process and all it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def manage(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run ``manage.py`` to its end, in ``env`` where it is not that of this test."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        env=env or environment(), cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip


def until(true: Callable[[], Any], what: str, *, seconds: float = PATIENCE) -> Any:
    """Wait for something to become true, and return it; AssertionError when it does not in time."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, f"not within {seconds} seconds: {what}"
        time.sleep(0.05)
    return found


def fork(work: Callable[[], object]) -> int:
    """Run ``work`` in a forked process with connections of its own; return its process id."""
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        try:
            # A browser's event loop in the parent hides a connection from ``close_all``, and not from the child.
            for alias in connections:
                with suppress(AttributeError):
                    del connections[alias]
            work()
            connections.close_all()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    return pid


def ended(pid: int, *, seconds: float = PATIENCE) -> int:
    """Wait for a forked process; its exit code, or minus the signal that ended it."""
    end = time.monotonic() + seconds
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise AssertionError(f"a process did not end within {seconds} seconds")
        time.sleep(0.005)


class Beside(threading.Thread):
    """Work in a thread with a connection of its own; ``result`` waits, and raises what went wrong."""

    def __init__(self, work: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self.work, self.failure, self.value = work, None, None
        self.start()

    def run(self) -> None:
        try:
            self.value = self.work()
        except BaseException as failure:
            self.failure = failure
        finally:
            connection.close()

    def result(self, *, seconds: float = PATIENCE) -> Any:
        self.join(seconds)
        assert not self.is_alive(), f"a thread did not end within {seconds} seconds"
        if self.failure is not None:
            raise self.failure
        return self.value


def beside(first: Callable[[], Any], second: Callable[[], Any]) -> tuple[Any, Beside]:
    """``second`` begins while the first has not committed: what the first said, and the other's work."""
    with transaction.atomic():
        said = first()
        other = Beside(second)
        until(is_waiting_for_a_lock, "the second waits for the first")
    return said, other


def race(first: Callable[[], Any], second: Callable[[], Any]) -> tuple[Any, Any]:
    """The same, and what came of the second in the end: its result, or the code with which it was refused."""
    said, other = beside(first, second)
    try:
        return said, other.result()
    except Refused as refused:
        return said, refused.code


def is_waiting_for_a_lock() -> bool:
    """Whether another connection to this database waits for one of ours."""
    with isolation.acting_as(isolation.NOBODY), connection.cursor() as cursor:  # no role sees what others wait for
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # a transaction repeats what it was told first
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"
        )
        return cursor.fetchone()[0]
