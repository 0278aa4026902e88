"""What a service refuses, by its code: its words are in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cannonworks.errors import Refused


@contextmanager
def refused(code: str) -> Iterator[None]:
    """The block is refused with this code, and no other."""
    with pytest.raises(Refused) as caught:
        yield
    assert caught.value.code == code
