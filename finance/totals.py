"""Amounts of a document: VAT by rate, and totals exact to the cent. Pure: knows no rows of the database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

from django.db import models
from django.utils.translation import gettext_lazy as _

CENT = Decimal("0.01")


class VatRate(models.TextChoices):
    HIGH = "21", _("21 %")
    LOW = "9", _("9 %")
    ZERO = "0", _("0 %")
    EXEMPT = "exempt", _("Exempt")
    REVERSE = "reverse", _("Reverse charge")


#: Percentage of each rate; exempt and reverse charge carry no VAT on the document itself.
PERCENTAGES = {VatRate.HIGH: 21, VatRate.LOW: 9, VatRate.ZERO: 0, VatRate.EXEMPT: 0, VatRate.REVERSE: 0}


class Priced(Protocol):
    """So much at a rate."""

    vat_rate: str

    @property
    def net(self) -> Decimal: ...


@dataclass(frozen=True)
class RateTotal:
    """What the law wants for each rate (Wet OB art. 35a): the amount without VAT, the rate, the VAT."""

    rate: VatRate
    net: Decimal
    vat: Decimal


class Totals:
    """Amounts of a document in euros: ``net``, ``vat`` by rate, ``gross``; ``rates`` has both for each rate."""

    def __init__(self, rates: Iterable[RateTotal]) -> None:
        self.rates = tuple(rates)
        self.net = sum((each.net for each in self.rates), Decimal("0.00"))
        self.vat = {str(each.rate): each.vat for each in self.rates}
        self.gross = self.net + self.vat_sum

    @property
    def vat_sum(self) -> Decimal:
        return sum(self.vat.values(), Decimal("0.00"))

    @classmethod
    def of(cls, lines: Iterable[Priced]) -> Totals:
        """Totals of lines, whose amounts are whole cents: VAT is computed and rounded once per rate, half away from 0.

        So the totals of the same lines the other way round (a credit note) are exactly the opposite.
        """
        bases: dict[VatRate, Decimal] = {}
        for line in lines:
            rate = VatRate(line.vat_rate)
            bases[rate] = bases.get(rate, Decimal("0.00")) + line.net
        return cls(RateTotal(rate, bases[rate], vat_of(bases[rate], rate)) for rate in VatRate if rate in bases)


def net_of(quantity: Decimal, unit_price: Decimal) -> Decimal:
    """A line's amount without VAT, in whole cents."""
    return (quantity * unit_price).quantize(CENT, ROUND_HALF_UP)


def vat_of(net: Decimal, rate: VatRate) -> Decimal:
    """The VAT on an amount, in whole cents."""
    return (net * PERCENTAGES[rate] / 100).quantize(CENT, ROUND_HALF_UP)
