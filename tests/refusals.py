"""What is refused: by a service with a code, since its words are in the reader's language; by the database in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import Error, connection, transaction

from cannonworks import isolation
from cannonworks.errors import Refused
from cannonworks.isolation import Identity


@contextmanager
def refused(code: str) -> Iterator[None]:
    """The block is refused with this code, and no other."""
    with pytest.raises(Refused) as caught:
        yield
    assert caught.value.code == code


def refuses(sql: str, *, whom: Identity) -> str:
    """What the database says to this statement of that role."""
    with (
        isolation.acting_as(whom),
        pytest.raises(Error) as caught,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
    return str(caught.value).partition("\n")[0]
