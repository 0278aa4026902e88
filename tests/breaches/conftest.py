from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.breaches.offices import Office, open_office


@pytest.fixture
def office(settings) -> Iterator[Office]:
    """A mail server of this test's own."""
    with open_office(Office()) as office:
        yield office
