"""A question about one row that pages ask again and again: its SQL is made once, as making it takes longer."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

#: Stands for the key in the statement that is kept; no row has it.
KEY = -(2**62)


class Readymade:
    """The row of a key, with its annotations. ``rows`` makes the queryset for a key; it is called once in a process.

    So nothing in that queryset may hang on the time, the language or who asks. Row security does, as always.
    """

    def __init__(self, rows: Callable[[int], QuerySet]) -> None:
        self._rows = rows

    def row(self, key: int | None) -> Any | None:
        """The row, or None without one; one query."""
        manager, statement, params = self._made
        return next(iter(manager.raw(statement, [key if each == KEY else each for each in params])), None)

    @cached_property
    def _made(self) -> tuple[Any, str, tuple[Any, ...]]:
        rows = self._rows(KEY)
        return rows.model._base_manager, *rows.query.sql_with_params()
