"""Countries by their two letters (ISO 3166), named in the reader's language by the tables of Unicode (CLDR)."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import phonenumbers
from babel import Locale
from django.utils.translation import get_language
from django.utils.translation import gettext as _

#: The European Union.
EU = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
})  # fmt: skip
#: The European Economic Area (§11): with Iceland, Liechtenstein and Norway.
EEA = EU | {"IS", "LI", "NO"}
#: Where most customers of a small Dutch company are, above the rest.
NEAR = ("NL", "BE", "DE")


def countries() -> list[tuple[str, str]]:
    """Code and name of every country, those nearby first, the others by name; for the choices of a field."""
    return _countries(get_language() or "nl")


def country_name(code: str, language: str | None = None) -> str:
    """The name of a country in ``language``, by default the reader's; of an unknown code the code itself."""
    return dict(_countries(language or get_language() or "nl")).get(code, code)


def place_of(code: str) -> str:
    """A country in the reader's language, and whether it is outside the European Economic Area (§11)."""
    name = country_name(code)
    return name if code in EEA else _("%(country)s, outside the EEA") % {"country": name}


@lru_cache(maxsize=4)
def _countries(language: str) -> list[tuple[str, str]]:
    names = Locale(language[:2]).territories
    others = sorted(phonenumbers.SUPPORTED_REGIONS - set(NEAR), key=lambda code: _plain(names[code]))
    return [(code, names[code]) for code in (*NEAR, *others)]


def _plain(name: str) -> str:
    """Without accents: Åland stands under A."""
    return "".join(char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char))
