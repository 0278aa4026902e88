"""Real processes and connections beside the test's own: programs, forks and threads, each with a time limit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, connections

ROOT = Path(__file__).parents[1]
PATIENCE = 60


def environment(**changes: str) -> dict[str, str]:
    """The settings of this test as a program reads them: its database, queues, secrets, ledger; no mail."""
    address, query, options = settings.DATABASE_URL.partition("?")
    database = address.rpartition("/")[0] + f"/{connection.settings_dict['NAME']}" + query + options
    return {
        **{name: value for name, value in os.environ.items() if name not in ("PYTEST_CURRENT_TEST",)},
        "DJANGO_SETTINGS_MODULE": "cannonworks.settings",
        "DATABASE_URL": database,
        "REDIS_URL": settings.REDIS_URL,
        "SECRET_KEY": settings.SECRET_KEY,
        "KEY_ENCRYPTION_KEYS": settings.KEY_ENCRYPTION_KEYS,
        "LOOKUP_KEY": settings.LOOKUP_KEY,
        "STATEMENT_SIGNING_KEY": settings.STATEMENT_SIGNING_KEY,
        "LEDGER_DIR": str(settings.LEDGER_DIR),
        "EMAIL_URL": "dummymail://",
        "SECURE": "false",
        **changes,
    }


def manage(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run ``manage.py`` in a process of its own."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=env or environment(), capture_output=True, text=True,
        timeout=PATIENCE, check=False,
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


def is_waiting_for_a_lock() -> bool:
    """Whether another connection to this database waits for one of ours."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"
        )
        return cursor.fetchone()[0]
