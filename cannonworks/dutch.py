"""Dutch numbers and addresses: check what was typed and return its one written form (§19).

Every function takes text and returns text, or raises ValidationError with a translated message that says what
to do and a stable code. No message repeats the value: a mistyped BSN is nearly always one digit from a real
one.
"""

from __future__ import annotations

import re

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from stdnum.exceptions import ValidationError as BadNumber
from stdnum.nl import bsn as bsn_rules
from stdnum.nl import btw as vat_rules
from stdnum.nl import postcode as postcode_rules
from stdnum.util import clean

SEPARATORS = " .-"
EIGHT_DIGITS = re.compile(r"[0-9]{8}")
EIGHT_OR_NINE_DIGITS = re.compile(r"[0-9]{8,9}")
VAT = re.compile(r"(?:NL)?(?P<digits>[0-9]{9})(?P<suffix>B[0-9]{2})")
OTHER_POSTCODE = re.compile(r"[A-Z0-9][A-Z0-9 -]{0,11}")


def bsn(text: str) -> str:
    """Return the nine digits of a citizen service number; eight digits get their leading zero back.

    Raises ValidationError (code ``bsn``) unless there are eight or nine digits that pass the 11-test and are
    not all zero. Spaces, dots and hyphens between them are ignored.
    """
    number = clean(text, SEPARATORS)
    if not EIGHT_OR_NINE_DIGITS.fullmatch(number) or not bsn_rules.is_valid(number):
        raise ValidationError(_("This is not a valid BSN. Check the nine digits."), code="bsn")
    return bsn_rules.compact(number)


def kvk(text: str) -> str:
    """Return the eight digits of a Chamber of Commerce number, which has no check digit.

    Raises ValidationError (code ``kvk``) for anything else, so also for an establishment number of twelve
    digits.
    """
    number = clean(text, SEPARATORS)
    if not EIGHT_DIGITS.fullmatch(number) or not int(number):
        raise ValidationError(_("A KvK number has eight digits. You find it in your KvK extract."), code="kvk")
    return number


def vat(text: str, *, sole_trader: bool) -> str:
    """Return a Dutch VAT number as ``NL#########B##``; the prefix may be missing and separators are ignored.

    Two kinds exist. The old kind is nine digits that pass the 11-test plus a serial number: a legal entity's
    RSIN, or a sole trader's BSN. The new kind, the VAT identification number that sole traders have had since
    2020, is meaningless digits with a check by modulo 97, and its digits never pass the 11-test. An RSIN and
    a BSN look alike, so the number alone does not tell whether it gives a BSN away: the legal form does. Of a
    sole trader, every number with digits that could be a BSN is refused, even when by chance it passes modulo
    97 too.

    Raises ValidationError: code ``vat`` for a number that is no VAT number, ``vat_contains_bsn`` for a sole
    trader's old one.
    """
    match = VAT.fullmatch(clean(text, SEPARATORS).upper())
    if not match or not vat_rules.is_valid(match["digits"] + match["suffix"]):
        raise ValidationError(
            _("This is not a valid Dutch VAT number. It looks like NL123456789B12; check every character."),
            code="vat",
        )
    if sole_trader and bsn_rules.is_valid(match["digits"]):
        raise ValidationError(
            _(
                "This is the old VAT number, which contains your BSN. Enter your VAT identification number"
                " (btw-id): you find it at Mijn Belastingdienst Zakelijk, among your details."
            ),
            code="vat_contains_bsn",
        )
    return f"NL{match['digits']}{match['suffix']}"


def postcode(text: str, country: str = "NL") -> str:
    """Return a Dutch postcode as ``1234 AB``, one of another ``country`` (ISO 3166, two letters) in tidy
    capitals.

    Raises ValidationError (code ``postcode``). A Dutch postcode does not begin with 0, and SA, SD and SS are
    not issued; of other countries only the characters (letters, digits, spaces, hyphens; at most 12) are
    checked.
    """
    if country == "NL":
        try:
            return postcode_rules.validate(text)
        except BadNumber:
            raise ValidationError(
                _("A Dutch postcode has four digits and two letters, like 1234 AB."), code="postcode"
            ) from None
    tidy = " ".join(text.upper().split())
    if not OTHER_POSTCODE.fullmatch(tidy):
        raise ValidationError(_("A postcode has at most 12 letters, digits, spaces and hyphens."), code="postcode")
    return tidy


def phone(text: str, country: str = "NL") -> str:
    """Return a phone number in the form of E.164, ``+31612345678``.

    A number without ``+`` or ``00`` is read as one of ``country`` (ISO 3166, two letters). Raises
    ValidationError (code ``phone``) when the numbering plan of its country has no such number.
    """
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise ValidationError(
            _("This is not a valid phone number. Start a foreign number with + and the country code."),
            code="phone",
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
