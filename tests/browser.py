"""A real browser for the tests: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
INSTALL = "apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class NoBrowser(Exception):
    """There is no Chromium and it cannot be installed; the message says in one line what to do."""


def find() -> str | None:
    """The path of a Chromium: the one that ``CHROMIUM`` names, else the first on the path."""
    return next(filter(None, map(shutil.which, (os.environ.get("CHROMIUM", ""), *NAMES))), None)


def find_or_install() -> str:
    """The path of a Chromium, installed first where root can do that. Raises NoBrowser."""
    with (Path(tempfile.gettempdir()) / "cannonworks-chromium.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one of the workers installs, the others wait for it
        if (found := find()) is not None:
            return found
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            raise NoBrowser("no Chromium here: install it (Debian: apt-get install chromium) or set CHROMIUM")
        done = subprocess.run(["sh", "-c", INSTALL], capture_output=True, text=True, check=False)
        if done.returncode or (found := find()) is None:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise NoBrowser(f"Chromium cannot be installed with apt-get: {last}")
        return found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless browser, one for each worker; a test takes ``chromium.new_context()`` for itself."""
    try:
        path = find_or_install()
    except NoBrowser as error:
        pytest.fail(str(error), pytrace=False)
    # Playwright's event loop lives in this thread; without this Django would refuse it every query.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()
