"""Amounts and quantities as the reader's language writes them."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.utils.translation import get_language

from finance import numbers

register = template.Library()


def _language() -> str:
    return get_language() or "nl"


@register.filter
def money(value: Decimal | None) -> str:
    """€ 1.234,50; a dash where there is none."""
    return "–" if value is None else numbers.money(value, _language())


@register.filter
def amount(value: Decimal) -> str:
    """1.234,50."""
    return numbers.amount(value, _language())


@register.filter
def quantity(value: Decimal) -> str:
    """2,5."""
    return numbers.quantity(value, _language())
