"""Amounts exact to the cent, and as people write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.template import Context, Template
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from finance import numbers
from finance.admin import SubscriptionInvoiceAdmin
from finance.models import SubscriptionInvoice
from finance.papers import invoice_data
from finance.totals import PERCENTAGES, RateTotal, Totals, VatRate, net_of

pytestmark = pytest.mark.clause("1")
MOST = Decimal("999999999.999")
quantities = st.decimals(-MOST, MOST, places=3)
prices = st.decimals(-9999999999, 9999999999, places=2)


@dataclass
class Row:
    quantity: Decimal
    unit_price: Decimal
    vat_rate: str

    @property
    def net(self) -> Decimal:
        return net_of(self.quantity, self.unit_price)

    def turned(self) -> Row:
        return Row(-self.quantity, self.unit_price, self.vat_rate)


rows = st.lists(st.builds(Row, quantities, prices, st.sampled_from(VatRate.values)), max_size=12)


def cents(exact: Fraction) -> int:
    """Whole cents, half a cent away from zero: schoolbook rounding, without decimals."""
    scaled = abs(exact) * 100
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return whole if exact >= 0 else -whole


@given(rows)
def test_totals_are_exact_to_the_cent_and_rounded_once_per_rate(lines):
    totals = Totals.of(lines)
    bases = {}
    for line in lines:
        net = cents(Fraction(line.quantity) * Fraction(line.unit_price))
        bases[line.vat_rate] = bases.get(line.vat_rate, 0) + net
    vat = {rate: cents(Fraction(base, 100) * PERCENTAGES[VatRate(rate)] / 100) for rate, base in bases.items()}
    assert totals.net * 100 == sum(bases.values())
    assert {rate: amount * 100 for rate, amount in totals.vat.items()} == vat
    assert totals.gross * 100 == sum(bases.values()) + sum(vat.values())
    assert all(
        amount == amount.quantize(Decimal("0.01")) for amount in (totals.net, totals.gross, *totals.vat.values())
    )
    assert [each.rate for each in totals.rates] == [rate for rate in VatRate if rate in bases]


@given(rows)
def test_what_is_credited_is_exactly_the_opposite(lines):
    there, back = Totals.of(lines), Totals.of([line.turned() for line in lines])
    assert (back.net, back.gross) == (-there.net, -there.gross)
    assert back.rates == tuple(RateTotal(each.rate, -each.net, -each.vat) for each in there.rates)


def test_exempt_and_reverse_charge_carry_no_vat_and_are_told_apart():
    totals = Totals.of([Row(Decimal(1), Decimal(100), rate) for rate in ("exempt", "21", "reverse", "0", "9")])
    assert [(str(each.rate), each.vat) for each in totals.rates] == [
        ("21", Decimal("21.00")), ("9", Decimal("9.00")), ("0", Decimal(0)), ("exempt", Decimal(0)), ("reverse", Decimal(0)),
    ]  # fmt: skip
    assert (totals.net, totals.vat_sum, totals.gross) == (Decimal(500), Decimal(30), Decimal(530))


def test_half_a_cent_goes_away_from_zero_on_both_sides():
    assert [net_of(Decimal(q), Decimal("0.01")) for q in ("0.5", "-0.5", "0.499")] == [
        Decimal("0.01"), Decimal("-0.01"), Decimal("0.00"),
    ]  # fmt: skip
    assert Decimal("0.005").quantize(Decimal("0.01"), ROUND_HALF_UP) == Decimal("0.01")


@pytest.mark.parametrize(
    ("typed", "nl", "en"),
    [
        ("12,5", "12.5", "12.5"), ("12.5", "12.5", "12.5"), ("1.234,50", "1234.50", "1234.50"),
        ("1,234.50", "1234.50", "1234.50"), ("1.234", "1234", "1.234"), ("1,234", "1.234", "1234"),
        ("0.125", "0.125", "0.125"), ("€ 1.234.567,89", "1234567.89", "1234567.89"), ("-3", "-3", "-3"),
        ("−3,5", "-3.5", "-3.5"), (" 65 ", "65", "65"), (",5", "0.5", "0.5"), ("1.23.4", None, None), ("", None, None),
        ("12,5,", None, None), ("twelve", None, None), ("1e3", None, None), (".", None, None), ("٣", None, None),
        ("1.2,3.4", None, None), ("12.34,5", None, None),
    ],
)  # fmt: skip
def test_a_number_is_read_in_either_notation(typed, nl, en):
    for language, expected in (("nl", nl), ("en", en)):
        if expected is None:
            with pytest.raises(ValueError):  # noqa: PT011 it has no words, the form has
                numbers.parse(typed, language)
        else:
            assert numbers.parse(typed, language) == Decimal(expected)


@given(st.decimals(-MOST, MOST, places=3), st.sampled_from(["nl", "en"]))
def test_what_is_written_reads_back_as_itself(value, language):
    assert numbers.parse(numbers.typed(value, language, decimals=3), language) == value
    cents_ = value.quantize(Decimal("0.01"))
    assert numbers.parse(numbers.amount(cents_, language), language) == cents_
    assert numbers.parse(numbers.typed(cents_, language, decimals=2), language) == cents_


def test_amounts_are_written_as_each_language_does():
    value = Decimal("-1234.5")
    assert [numbers.amount(value, "nl"), numbers.amount(value, "en")] == ["-1.234,50", "-1,234.50"]
    assert numbers.money(Decimal("1234.5"), "nl") == "€\u00a01.234,50"
    assert [numbers.quantity(Decimal(q), "nl") for q in ("2.500", "1000.000", "0.125", "100")] == [
        "2,5", "1.000", "0,125", "100",
    ]  # fmt: skip
    assert numbers.typed(Decimal("1000.500"), "nl") == "1000,5"


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("nl 8226.55.287 b01", "NL822655287B01"),
        ("be 0123.456.789", "BE0123456789"),
        ("", ""),
        ("EL123456789", "EL123456789"),
    ],
)
def test_a_vat_number_gets_its_written_form(typed, written):
    assert numbers.vat_number(typed) == written


@pytest.mark.clause("19")
@pytest.mark.parametrize(
    ("typed", "sole_trader"), [("NL123456789B12", False), ("x", False), ("Jansen", False), ("NL004495445B01", True)]
)
def test_what_is_no_vat_number_or_holds_a_bsn_is_refused(typed, sole_trader):
    with pytest.raises(ValidationError):
        numbers.vat_number(typed, sole_trader=sole_trader)


@pytest.mark.parametrize(("language", "shown"), [("nl", "1.234.567,50"), ("en", "1,234,567.50")])
def test_money_is_written_in_one_way_on_paper_on_pages_in_mail_and_for_staff(language, shown):
    site, net = SubscriptionInvoiceAdmin(SubscriptionInvoice, admin.site), Decimal("1234567.5")
    invoice = SubscriptionInvoice(number="CW-1", issued_on=date(2026, 11, 22), net=net, vat=Decimal(0))
    with translation.override(language):
        page = Template("{% load amounts %}{{ net|money }}, {{ net|amount }}").render(Context({"net": net}))
        assert page == f"€\u00a0{shown}, {shown}"
        assert site.without_vat(invoice) == site.with_vat(invoice) == f"€\u00a0{shown}"
    paper = invoice_data(invoice, language=language)
    assert [paper["net"], paper["gross"], paper["lines"][0]["amount"]] == [shown] * 3


def test_nobody_else_formats_money():
    root = Path(settings.BASE_DIR)
    apps = [path for path in root.glob("*/**/*.py") if not {"tests", ".local", ".venv"} & set(path.parts)]
    written = [path for path in apps if re.search(r"€.{0,20}\{|number_format\([^)]*2\b|intcomma", path.read_text())]
    assert [str(path.relative_to(root)) for path in written] == ["finance/numbers.py"]
