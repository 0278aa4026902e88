"""Dutch numbers. All are made up; their check digits are right or wrong on purpose."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from cannonworks import dutch

pytestmark = pytest.mark.clause("19")


def code_of(check, text, **options) -> str:
    with pytest.raises(ValidationError) as caught:
        check(text, **options)
    digits = "".join(filter(str.isdigit, text))
    assert len(digits) < 6 or digits not in str(caught.value.message), "the message repeats the value"
    assert caught.value.__cause__ is None
    return caught.value.code


def passes_eleven_test(digits: str) -> bool:
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=True)) % 11 == 0


def passes_modulo_97(digits: str, check: str) -> bool:
    return int(f"2321{digits}11{check}") % 97 == 1  # N=23, L=21, B=11


def with_check_digit(first_eight: int) -> str:
    """The nine digits that begin so and pass the test; "" for the few beginnings for which no digit does."""
    weights = (9, 8, 7, 6, 5, 4, 3, 2)
    last = sum(weight * int(digit) for weight, digit in zip(weights, f"{first_eight:08}", strict=True)) % 11
    return f"{first_eight:08}{last}" if last < 10 else ""


nine_digits = st.integers(1, 999_999_999).map("{:09}".format)
citizen_service_numbers = st.integers(1, 99_999_999).map(with_check_digit).filter(bool)


# --- BSN ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("111222333", "111222333"),
        ("1112.22.333", "111222333"),
        (" 123 456 782 ", "123456782"),
        ("123-456-782", "123456782"),
        ("12345672", "012345672"),
        ("012345672", "012345672"),
    ],
)
def test_a_bsn_is_nine_digits(text, number):
    assert dutch.bsn(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "111222334",
        "000000000",
        "00000000",
        "1112223",
        "1112223330",
        "11122233a",
        "١١١٢٢٢٣٣٣",
        "-",
        "1112223\n33",
    ],
)
def test_a_bsn_that_is_none_is_refused(text):
    assert code_of(dutch.bsn, text) == "bsn"


@given(st.integers(10_000_000, 999_999_999))
def test_a_bsn_is_accepted_exactly_when_it_passes_the_eleven_test(number):
    try:
        accepted = dutch.bsn(str(number)) == f"{number:09}"
    except ValidationError:
        accepted = False
    assert accepted == passes_eleven_test(f"{number:09}")


@pytest.mark.parametrize("place", range(9))
@pytest.mark.parametrize("step", range(1, 10))
def test_one_mistyped_digit_of_a_bsn_is_always_noticed(place, step):
    digits = list("123456782")
    digits[place] = str((int(digits[place]) + step) % 10)
    assert code_of(dutch.bsn, "".join(digits)) == "bsn"


# --- KvK ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("text", "number"), [("12345678", "12345678"), (" 0123 4567 ", "01234567")])
def test_a_kvk_number_is_eight_digits(text, number):
    assert dutch.kvk(text) == number


@pytest.mark.parametrize("text", ["", "1234567", "123456789", "000012345678", "1234567x", "00000000", "KvK 12345678"])
def test_a_kvk_number_that_is_none_is_refused(text):
    assert code_of(dutch.kvk, text) == "kvk"


# --- VAT ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("NL111222333B01", "NL111222333B01"),
        ("nl 1112.22.333.b.01", "NL111222333B01"),
        ("111222333B02", "NL111222333B02"),
        ("NL000099998B57", "NL000099998B57"),  # the example of the tax office
    ],
)
def test_a_legal_entity_may_have_a_vat_number_of_either_kind(text, number):
    assert dutch.vat(text, sole_trader=False) == number


def test_a_sole_trader_may_have_a_vat_identification_number():
    assert dutch.vat("nl000099998b57", sole_trader=True) == "NL000099998B57"


@pytest.mark.parametrize("text", ["NL111222333B01", "111222333b01", "NL 123456782 B99"])
def test_a_sole_traders_old_vat_number_is_refused_because_it_contains_the_bsn(text):
    assert code_of(dutch.vat, text, sole_trader=True) == "vat_contains_bsn"


@pytest.mark.parametrize("sole_trader", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "NL000099998B58",
        "NL111222334B01",
        "NL111222333B00",
        "NL111222333C01",
        "NL11222333B01",
        "NL12345672B01",  # eight digits: a VAT number keeps its zeros
        "NL1112223330B01",
        "NL111222333B1",
        "NL111222333B001",
        "BE0123456749",
        "NLNL111222333B01",
        "NL١١١٢٢٢٣٣٣B01",
    ],
)
def test_a_vat_number_that_is_none_is_refused(text, sole_trader):
    assert code_of(dutch.vat, text, sole_trader=sole_trader) == "vat"


@given(nine_digits, st.integers(1, 99), st.booleans())
def test_every_vat_number_is_judged_by_both_checks_and_the_legal_form(digits, suffix, sole_trader):
    old, new = passes_eleven_test(digits), passes_modulo_97(digits, f"{suffix:02}")
    expected = "vat_contains_bsn" if old and sole_trader else "" if old or new else "vat"
    text = f"NL{digits}B{suffix:02}"
    if expected:
        assert code_of(dutch.vat, text, sole_trader=sole_trader) == expected
    else:
        assert dutch.vat(text, sole_trader=sole_trader) == text


@given(citizen_service_numbers)
def test_no_bsn_ever_gets_through_as_a_sole_traders_vat_number(digits):
    for suffix in range(1, 100):
        assert code_of(dutch.vat, f"NL{digits}B{suffix:02}", sole_trader=True) == "vat_contains_bsn"


# --- Postcode -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "expected"),
    [("9401AB", "9401 AB"), (" 9401 ab ", "9401 AB"), ("9401-ab", "9401 AB"), ("1000SB", "1000 SB")],
)
def test_a_dutch_postcode_is_four_digits_and_two_letters(text, expected):
    assert dutch.postcode(text) == expected


@pytest.mark.parametrize("text", ["", "0401AB", "9401", "9401A", "94011 AB", "9401SA", "9401SD", "9401ss", "9401ÄB"])
def test_a_dutch_postcode_that_is_none_is_refused(text):
    assert code_of(dutch.postcode, text) == "postcode"


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [("  sw1a  1aa ", "GB", "SW1A 1AA"), ("26121", "DE", "26121"), ("30-001", "PL", "30-001")],
)
def test_a_foreign_postcode_is_tidied(text, country, expected):
    assert dutch.postcode(text, country) == expected


@pytest.mark.parametrize("text", ["", "-", "<b>", "12345678901234", "12\x0034"])
def test_a_foreign_postcode_of_other_characters_is_refused(text):
    assert code_of(dutch.postcode, text, country="DE") == "postcode"


# --- Phone --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("06 12345678", "NL", "+31612345678"),
        ("0592-36 36 36", "NL", "+31592363636"),
        ("+31 (0)6 1234 5678", "NL", "+31612345678"),
        ("0049 441 361080", "NL", "+49441361080"),
        ("+32 470 12 34 56", "NL", "+32470123456"),
        ("0470 12 34 56", "BE", "+32470123456"),
    ],
)
def test_a_phone_number_is_written_as_e164(text, country, expected):
    assert dutch.phone(text, country) == expected


@pytest.mark.parametrize("text", ["", "no", "12", "06 1234567", "0612345678901234", "+999 12345678", "1" * 300])
def test_a_phone_number_that_is_none_is_refused(text):
    assert code_of(dutch.phone, text) == "phone"
