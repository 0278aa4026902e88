"""Reading what is public as everybody may: the database shows a helper less of the register than that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cannonworks import isolation
from cannonworks.datamap import Role


@contextmanager
def publicly() -> Iterator[None]:
    """Be a visitor for this block where a helper is signed in; everybody else stays who they are."""
    if isolation.current().role != Role.HELPER:
        yield
        return
    with isolation.acting_as(isolation.VISITOR):
        yield
