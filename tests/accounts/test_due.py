from datetime import date

import pytest

from accounts import due
from accounts.due import Due, due_from, due_source


@pytest.fixture
def sources(monkeypatch):
    monkeypatch.setattr(due, "_sources", [])


def test_what_ends_first_stands_first_and_what_never_ends_last(sources):
    day = date(2026, 11, 22)
    due_source(lambda user, on: [Due("later", "/l/", by=date(2026, 12, 1)), Due("some day", "/s/")])
    soon = due_source(lambda user, on: [Due("soon", "/n/", by=on)])
    due_source(soon)
    assert [each.title for each in due_from(None, on=day)] == ["soon", "later", "some day"]
