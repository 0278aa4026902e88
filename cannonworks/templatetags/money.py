"""Amounts as people write them."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def euro(amount: Decimal | None) -> str:
    """ "€ 1.234,50" as the reader's language writes it; empty for nothing."""
    return "" if amount is None else f"€\u00a0{number_format(amount, 2, force_grouping=True)}"


@register.filter
def quantity(number: Decimal) -> str:
    """A quantity without zeros at its end."""
    return number_format(Decimal(f"{number.normalize():f}"), use_l10n=True, force_grouping=True)


@register.filter
def vat_rate(rate: str) -> str:
    """A rate of VAT as its letter code is said."""
    words = {"exempt": _("exempt"), "reverse": _("reverse charge")}
    return words.get(rate, f"{rate}\u00a0%")
