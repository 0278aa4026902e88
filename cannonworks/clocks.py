"""Every clock that runs in the product, from the querysets that the apps declare; this module knows none of them.

An app says in its ``clocks.py`` which rows have a term that runs, when it started and when it ends; ``board`` reads
them. A new kind is a declaration and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from django.apps import apps
from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.models import BigIntegerField, F, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat
from django.utils.functional import Promise, cached_property
from django.utils.module_loading import module_has_submodule
from django.utils.translation import gettext_lazy as _

from cannonworks import deadlines
from cannonworks.ends import Said, end_of


class Who(models.TextChoices):
    """Who must act before a clock ends."""

    US = "us", _("We")
    HOLDER = "holder", _("The account holder")


@dataclass(frozen=True)
class ClockKind:
    """One kind of clock, as ``declare`` has it."""

    name: str
    label: str | Promise
    clause: str
    may: str
    who: Who
    columns: QuerySet = field(repr=False, compare=False)
    term: deadlines.Kind | None = None
    why: str | Promise = ""
    waiting: bool = False

    @cached_property
    def stated(self) -> tuple[str, tuple[Any, ...]] | None:
        """SQL of its columns and the values in it; they stay what they were declared. None: it has no rows ever."""
        try:
            sql, values = self.columns.query.sql_with_params()
        except EmptyResultSet:
            return None
        return f"(SELECT %s::text, %s::boolean, * FROM ({sql}) AS declared)", (self.name, self.waiting, *values)


_kinds: dict[str, ClockKind] = {}


def declare(
    name: str,
    *,
    label: str | Promise,
    rows: QuerySet,
    start: Said,
    due: Said | None = None,
    term: deadlines.Kind | None = None,
    clause: str = "",
    why: str | Promise = "",
    who: Who = Who.US,
    may: str = "",
    reference: Said = "reference",
    account: Said | None = None,
    count: Said | int = 1,
    page: Said | None = None,
) -> ClockKind:
    """Have the clocks of ``rows`` on the board: one line each, or of a queryset with ``values`` one for each group.

    ``start`` and ``due`` are fields or expressions of moments; without ``due`` it is computed from ``term``, which also
    explains it (where there is none, ``why`` says where the end comes from). ``reference`` names the row without
    personal data, the same as long as it lives: mails and calendars of staff have it. ``count`` is how many rows a line
    stands for. What is left out is the row's own: ``may``, the permission that lets staff see it; ``account``, the key
    of the account, if it is of one; ``page``, the text ``app.model:key`` of the page of the administration. ValueError
    for a name that is taken, no clause, and neither ``due`` nor ``term``.
    """
    if name in _kinds or (due is None and term is None) or not (clause or term):
        raise ValueError(f"The clock {name!r} is there already, or says no clause or end.")
    row = rows.model._meta
    columns = {
        "clock_start": start,
        "clock_due": due if due is not None else end_of(term, start) if term else None,
        "clock_reference": Cast(reference, TextField()),
        "clock_account": Cast(account or _account_of(rows), BigIntegerField()),
        "clock_number": Cast(Value(count) if isinstance(count, int) else count, BigIntegerField()),
        "clock_page": page or page_of(row.label_lower, "pk"),
    }
    said = {alias: F(value) if isinstance(value, str) else value for alias, value in columns.items()}
    _kinds[name] = ClockKind(
        name, label, clause or term.clause if term else clause, may or f"{row.app_label}.view_{row.model_name}", who,
        columns=rows.order_by().annotate(**said).values_list(*said), term=term, why=why,
        waiting=bool(term and term.waiting),
    )  # fmt: skip
    return _kinds[name]


def _account_of(rows: QuerySet) -> Said:
    """Its key is in the row; where rows are counted in groups, a group is of no account unless it is said."""
    of_one = any(each.attname == "account_id" for each in rows.model._meta.concrete_fields)
    return "account_id" if of_one and rows._fields is None else Value(None)  # type: ignore[attr-defined]


def page_of(model: str, key: Said) -> Concat:
    """The page of the administration of the row of ``app.model`` with that key."""
    return Concat(Value(f"{model}:"), Cast(key, TextField()), output_field=TextField())


def kinds() -> Sequence[ClockKind]:
    """All that were declared, in the order in which the apps stand."""
    return tuple(_kinds.values())


def kinds_for(user: Any) -> Sequence[ClockKind]:
    """Those that the rights of this member of staff show."""
    return tuple(kind for kind in kinds() if user.has_perm(kind.may))


def autodiscover() -> None:
    """Import the ``clocks`` module of every app but this one."""
    for config in apps.get_app_configs():
        if config.name != "cannonworks" and module_has_submodule(config.module, "clocks"):
            import_module(f"{config.name}.clocks")
