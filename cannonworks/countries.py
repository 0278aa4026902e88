"""Names of countries, and which of them are in the European Economic Area (§11)."""

from __future__ import annotations

from django.utils.translation import get_language
from phonenumbers.geodata.locale import LOCALE_DATA

#: The European Union, Iceland, Liechtenstein and Norway, by ISO 3166-1.
EEA = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT",
    "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
})  # fmt: skip
#: All of them, by ISO 3166-1.
COUNTRIES = tuple(code for code, names in sorted(LOCALE_DATA.items()) if "nl" in names)


def country_name(code: str, language: str | None = None) -> str:
    """The name of the country with this ISO code, in the reader's language unless told otherwise; else the code."""
    names = LOCALE_DATA.get(code, {})
    said = names.get(language or get_language() or "nl", code)
    return names.get(said.removeprefix("*"), code) if said.startswith("*") else said
