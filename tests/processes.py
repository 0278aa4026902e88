"""Real processes of the product beside a test: on the test's database, queue and keys, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.conf import settings
from django.db import connection


def environment(**more: str) -> dict[str, str]:
    """What a process needs to work on this test's database, queue, ledger and secrets."""
    address = settings.DATABASE_URL.rpartition("/")[0]
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "cannonworks.settings",
        "DATABASE_URL": f"{address}/{connection.settings_dict['NAME']}",
        "REDIS_URL": settings.REDIS_URL,
        "LEDGER_DIR": str(settings.LEDGER_DIR),
        "EMAIL_URL": "dummymail://",
        "SECURE": "false",
        **{name: getattr(settings, name) for name in SECRETS},
        **more,
    }


SECRETS = ("SECRET_KEY", "KEY_ENCRYPTION_KEYS", "LOOKUP_KEY", "STATEMENT_SIGNING_KEY")


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
