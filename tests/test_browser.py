"""The browser that the pages are tested with."""

from __future__ import annotations

import pytest

from tests import browser, programs


def test_the_browser_shows_a_page(chromium):
    with chromium.new_context() as context:
        page = context.new_page()
        page.set_content("<title>Ready</title><p id=p>Good</p>")
        assert (page.title(), page.inner_text("#p")) == ("Ready", "Good")


def test_without_a_browser_one_line_says_what_to_do(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("CHROMIUM", raising=False)
    with pytest.raises(programs.Missing, match="apt-get install chromium"):
        browser.find_or_install()
