"""Amounts and quantities as the reader's language writes them: ``finance.numbers`` in templates."""

from __future__ import annotations

from decimal import Decimal

from django import template

from finance import numbers

register = template.Library()
register.filter("amount", numbers.amount)
register.filter("quantity", numbers.quantity)


@register.filter
def money(value: Decimal | None) -> str:
    """€ 1.234,50; a dash where there is none."""
    return "–" if value is None else numbers.money(value)
