"""What the journeys share: browsers of their own in a language, and post that goes out at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page

from accounts.models import User
from cannonworks.celery import app
from tests.signin import freshly

PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 860}


class Browsers:
    """``browsers("nl", PHONE, user)``: a page in a browser of its own; ``complaints``: what the browsers complained of.

    The page is that of a visitor without ``user``, who signed in ``minutes_ago``. Axe is a script put into the page, so the policy is off; that it
    refuses nothing of ours is proven in test_holder.
    """

    def __init__(self, chromium: Any, address: str) -> None:
        self.chromium, self.address = chromium, address
        self.contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

    def __call__(
        self,
        language: str = "nl",
        viewport: Any = PHONE,
        user: User | None = None,
        *,
        minutes_ago: int = 0,
        **options: Any,
    ) -> Page:
        options = {"locale": language, "viewport": viewport, "bypass_csp": True} | options
        context = self.chromium.new_context(base_url=self.address, **options)
        self.contexts.append(context)
        cookies = {settings.LANGUAGE_COOKIE_NAME: language}
        if user is not None:
            cookies[settings.SESSION_COOKIE_NAME] = str(
                freshly(Client(), user, minutes_ago=minutes_ago).session.session_key
            )
        context.add_cookies([{"name": name, "value": value, "url": self.address} for name, value in cookies.items()])
        page = context.new_page()
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        return page


@pytest.fixture
def browsers(chromium: Any, live_server: Any) -> Iterator[Browsers]:
    opened = Browsers(chromium, live_server.url)
    yield opened
    for context in opened.contexts:
        context.close()


@pytest.fixture
def post_at_once() -> Iterator[None]:
    """The worker's task runs where it is queued: there is no worker beside these tests."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False
