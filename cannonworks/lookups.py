"""How rows are looked up: among many keys in one array, and by the beginning of a random reference."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, ForeignObject, Lookup, Q
from django.db.models.sql.compiler import SQLCompiler

#: Eight or more hexadecimal digits, with or without dashes: the beginning of a random reference.
REFERENCE = re.compile(r"[0-9a-f]{8}[0-9a-f-]{0,28}", re.IGNORECASE)


def reference_begins(name: str, beginning: str) -> Q:
    """References in the field ``name`` that begin with these hexadecimal digits, as a range that an index serves."""
    digits = beginning.replace("-", "").lower()[:32]
    return Q(**{f"{name}__range": (digits.ljust(32, "0"), digits.ljust(32, "f"))})


def array(values: Iterable[Any]) -> str:
    """An array of numbers or UUIDs as PostgreSQL reads it: one text, where a driver goes from value to value."""
    return "{" + ",".join(map(str, values)) + "}"


@ForeignObject.register_lookup
@Field.register_lookup
class Among(Lookup):
    """``column = ANY(array)``, for an iterable of numbers or UUIDs: ``IN`` with hundreds of them costs more."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        kind = self.lhs.output_field.rel_db_type(connection)
        return f"{column} = ANY(%s::{kind}[])", [*params, array(self.rhs)]
