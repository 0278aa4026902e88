"""Dates of the rules, computed by the database: for checks and dry runs that must not go by what a row has noted."""

from __future__ import annotations

from django.db.models import DateField, F, Func

from cannonworks.rules import Term


def end_of(term: Term, field: str) -> Func:
    """The day on which a term counted from a date column is over."""
    interval = f"make_interval(years => {term.years}, months => {term.months}, days => {term.days})"
    return Func(F(field), template=f"(%(expressions)s + {interval})::date", output_field=DateField())
