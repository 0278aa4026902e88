"""Amounts, quantities and VAT numbers as people write and read them, in Dutch (1.234,50) and English (1,234.50).

What is written is in the reader's language, unless another is named: a document has one of its own.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cannonworks import dutch

NBSP = "\u00a0"
#: Language → decimal sign, sign between thousands.
SIGNS = {"nl": (",", "."), "en": (".", ",")}
SWAPPED = str.maketrans(",.", ".,")
#: VAT numbers of other countries: their prefix, and what each makes of the rest.
FOREIGN = re.compile(r"(?!NL)(?=.*[0-9])[A-Z]{2}[0-9A-Z+*]{2,12}")


def amount(value: Decimal, language: str = "") -> str:
    """1.234,50 or 1,234.50."""
    return _in(f"{value:,.2f}", language)


def money(value: Decimal, language: str = "") -> str:
    """€ 1.234,50 or € 1,234.50, which never breaks at the end of a line."""
    return f"€{NBSP}{amount(value, language)}"


def quantity(value: Decimal, language: str = "") -> str:
    """2,5 or 2.5: as many decimals as it needs."""
    return _in(_short(f"{value:,f}"), language)


def typed(value: Decimal, language: str = "", *, decimals: int | None = None) -> str:
    """As somebody would type it: no signs between thousands; as many decimals as it needs, or ``decimals``."""
    return _in(_short(f"{value:f}") if decimals is None else f"{value:.{decimals}f}", language)


def parse(text: str, language: str = "") -> Decimal:
    """What somebody typed, in either notation; ValueError when it is no number.

    Of two different signs the last is the decimal one. A single one is what the language takes it for, but 12.5 is
    twelve and a half in Dutch as well: between thousands it would stand before three digits.
    """
    plain = re.sub(r"[\s€\u00a0\u202f]", "", text).replace("−", "-")
    decimal, between = SIGNS[language or _readers()]
    signs = [sign for sign in plain if sign in ",."]
    if len(set(signs)) == 2:
        decimal = signs[-1]
        between = "." if decimal == "," else ","
    elif len(signs) == 1 and signs[0] == between and not re.fullmatch(r"-?[1-9][0-9]{0,2}[.,][0-9]{3}", plain):
        decimal, between = between, decimal
    if not re.fullmatch(rf"-?[0-9]*(\{between}[0-9]{{3}})*(\{decimal}[0-9]*)?", plain):
        raise ValueError(text)
    try:
        return Decimal(plain.replace(between, "").replace(decimal, "."))
    except InvalidOperation:
        raise ValueError(text) from None


def vat_number(text: str, *, sole_trader: bool = False) -> str:
    """A VAT number of any country in its written form; Dutch ones are checked. ValidationError when it is none."""
    number = re.sub(r"[\s.\-]", "", text).upper()
    if not number or FOREIGN.fullmatch(number):
        return number
    if number[:1].isdigit() or number.startswith("NL"):
        return dutch.vat(number, sole_trader=sole_trader)
    raise ValidationError(
        _("This is not a VAT identification number. It begins with the two letters of a country, like NL or DE."),
        code="vat",
    )


def _short(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number


def _in(english: str, language: str) -> str:
    return english.translate(SWAPPED) if (language or _readers()) == "nl" else english


def _readers() -> str:
    return get_language() or "nl"
