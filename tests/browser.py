"""A real browser for the tests: Debian's Chromium, driven by Playwright.

Best is its build without windows (``chromium-headless-shell``): the same engine and network for a third of the work.
The whole Chromium draws frame, menus and buttons of every window, also where nobody looks.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests import programs

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_or_install() -> str:
    """The path of a Chromium: the one that ``CHROMIUM`` names, else one on the path, else Debian's. Raises Missing."""
    names = [name for name in (os.environ.get("CHROMIUM"), *NAMES) if name]
    try:
        return programs.find_or_install(*names, package=NAMES[0])
    except programs.Missing:  # older systems have the whole one alone
        return programs.find_or_install(*names, package="chromium")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless browser, one for each worker; a test takes ``chromium.new_context()`` for itself."""
    try:
        path = find_or_install()
    except programs.Missing as error:
        pytest.fail(str(error), pytrace=False)
    # Playwright's event loop lives in this thread; without this Django would refuse it every query.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()
