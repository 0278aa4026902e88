"""How people and companies read on paper."""

from __future__ import annotations

import pytest

from accounts.models import Company


@pytest.mark.parametrize(
    ("fields", "lines"),
    [
        (
            {"street": "Brink", "house_number": "12", "postcode": "9401 AB", "city": "Assen"},
            ["Brink 12", "9401 AB Assen"],
        ),
        (
            {"street": "Kerkstraat", "house_number": "1", "postcode": "2000", "city": "Antwerpen", "country": "BE"},
            ["Kerkstraat 1", "2000 Antwerpen", "BE"],
        ),
        ({"city": "Assen"}, ["Assen"]),
        ({}, []),
    ],
)
def test_an_address_has_its_country_only_abroad_and_no_empty_lines(fields, lines):
    assert Company(**fields).address_lines == lines
