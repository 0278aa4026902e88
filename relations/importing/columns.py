"""Which column of a file is which field, by Dutch and English headings, and what words in it stand for (§4, §19)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from relations.models import What

Words = Mapping[str, str]

#: Fields in the order in which they are written, with their headings.
LABELS: Mapping[str, str | Promise] = {
    "company_name": _("Company name"),
    "first_name": _("First name"),
    "initials": _("Initials"),
    "infix": _("Infix"),
    "last_name": _("Last name"),
    "gender": _("Gender"),
    "email": _("E-mail"),
    "phone": _("Phone"),
    "street": _("Street"),
    "house_number": _("House number"),
    "postcode": _("Postcode"),
    "city": _("Town"),
    "country": _("Country"),
    "kvk_number": _("KvK number"),
    "vat_number": _("VAT identification number"),
    "sole_trader": _("Sole trader"),
}
OF_EMPLOYEES: Mapping[str, str | Promise] = {"kind": pgettext_lazy("employee or contractor", "Kind"), "bsn": _("BSN")}

#: What other programs call them, beside our own headings in both languages.
ALSO: Mapping[str, Sequence[str]] = {
    "company_name": (
        "bedrijf", "organisatie", "organisatienaam", "firma", "firmanaam", "handelsnaam", "klantnaam", "company",
        "organization", "organisation", "business name", "naam bedrijf",
    ),
    "first_name": ("voornaam", "roepnaam", "given name", "firstname", "contact voornaam"),
    "initials": ("voorletters", "initialen"),
    "infix": ("tussenvoegsel", "tussenvoegsels", "voorvoegsel", "middle name", "prefix"),
    "last_name": ("achternaam", "familienaam", "surname", "family name", "lastname", "contact achternaam"),
    "gender": ("geslacht", "sex", "m/v"),
    "email": ("e-mailadres", "mail", "mailadres", "email address", "e-mail address"),
    "phone": (
        "telefoon", "telefoonnummer", "tel", "telnr", "mobiel", "mobiel nummer", "mobile", "telephone", "phone number",
    ),
    "street": ("straat", "straatnaam", "street name"),
    "house_number": ("huisnummer", "huisnr", "nr", "nummer", "number", "house no"),
    "postcode": ("post code", "zip", "zip code", "postal code", "zipcode"),
    "city": ("plaats", "woonplaats", "stad", "vestigingsplaats", "city", "place"),
    "country": ("land", "landcode", "country code"),
    "kvk_number": ("kvk", "kvknr", "kvk nummer", "coc", "coc number", "chamber of commerce", "handelsregister"),
    "vat_number": ("btw", "btw nummer", "btwnr", "btw id", "btw-identificatienummer", "vat", "vat number", "vat id"),
    "sole_trader": ("eenmanszaak", "zzp"),
    "kind": ("soort", "type", "dienstverband"),
    "bsn": ("burgerservicenummer", "sofinummer", "citizen service number"),
}  # fmt: skip

YES, NO = "yes", "no"
#: The words of fields that have a choice; each of them, and the stored value itself.
WORDS: Mapping[str, Words] = {
    "gender": {
        **dict.fromkeys(("f", "v", "vrouw", "vrouwelijk", "female", "mevrouw", "mevr", "mw", "mrs", "ms"), "f"),
        **dict.fromkeys(("m", "man", "mannelijk", "male", "heer", "dhr", "mr"), "m"),
        **dict.fromkeys(("x", "anders", "other"), "x"),
        **dict.fromkeys(("onbekend", "unknown", "zeg ik liever niet", "rather not say"), ""),
    },
    "sole_trader": {
        **dict.fromkeys(("ja", "j", "yes", "y", "1", "true", "waar", "x"), YES),
        **dict.fromkeys(("nee", "n", "no", "0", "false", "onwaar"), NO),
    },
    "kind": {
        **dict.fromkeys(("employee", "medewerker", "werknemer", "in dienst", "staff"), "employee"),
        **dict.fromkeys(("contractor", "inhuurkracht", "inhuur", "zzp", "zzp'er", "freelancer"), "contractor"),
    },
    "country": {
        **dict.fromkeys(("nederland", "the netherlands", "netherlands", "holland", "nld"), "NL"),
        **dict.fromkeys(("belgie", "belgium", "bel"), "BE"),
        **dict.fromkeys(("duitsland", "germany", "deutschland", "deu"), "DE"),
        **dict.fromkeys(("frankrijk", "france", "fra"), "FR"),
        **dict.fromkeys(("luxemburg", "luxembourg", "lux"), "LU"),
        **dict.fromkeys(("verenigd koninkrijk", "united kingdom", "groot-brittannie", "great britain", "uk"), "GB"),
        **dict.fromkeys(("spanje", "spain"), "ES"),
        **dict.fromkeys(("italie", "italy"), "IT"),
        **dict.fromkeys(("oostenrijk", "austria"), "AT"),
        **dict.fromkeys(("zwitserland", "switzerland"), "CH"),
        **dict.fromkeys(("polen", "poland"), "PL"),
        **dict.fromkeys(("denemarken", "denmark"), "DK"),
        **dict.fromkeys(("zweden", "sweden"), "SE"),
        **dict.fromkeys(("ierland", "ireland"), "IE"),
        **dict.fromkeys(("verenigde staten", "united states", "usa"), "US"),
    },
}
COUNTRY_CODE = re.compile(r"[A-Za-z]{2}")

#: Cells that a spreadsheet would take for a formula: an apostrophe comes before them, and one goes when they come back.
FORMULA, NEUTRALISED = re.compile(r"'*[=+\-@\t\r]"), re.compile(r"'+[=+\-@\t\r]")

#: An example of each, in the template.
EXAMPLE: Mapping[str, str] = {
    "company_name": "Bakkerij Jansen", "first_name": "Noor", "initials": "N.", "infix": "van", "last_name": "Visser",
    "email": "noor@bakkerij-jansen.example", "phone": "0592 123456", "street": "Brink", "house_number": "12a",
    "postcode": "9401 HS", "city": "Assen", "country": "NL", "kvk_number": "12345678",
}  # fmt: skip


def labels(what: str) -> Mapping[str, str | Promise]:
    """Field → heading, for a file of ``what``."""
    return {**OF_EMPLOYEES, **LABELS} if what == What.EMPLOYEES else LABELS


def recognise(headings: Sequence[str], what: str) -> list[str]:
    """The field of each column, "" where its heading says none, or one that stands before it already."""
    known, found = _known(what), []
    for heading in headings:
        name = known.get(plain(heading), "")
        found.append("" if name in found else name)
    return found


def plain(text: str) -> str:
    """Letters and digits alone, without accents or capitals."""
    bare = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in bare if letter.isalnum())


def word(name: str, text: str) -> str | None:
    """What a word stands for in a field that has a choice; None: nothing that we know."""
    if name == "country" and COUNTRY_CODE.fullmatch(text):
        return _words("country").get(plain(text)) or text.upper()
    return _words(name).get(plain(text))


def neutralise(text: str) -> str:
    """The same text for a cell of a file, so that no spreadsheet takes it for a formula."""
    return f"'{text}" if FORMULA.match(text) else text


def restore(text: str) -> str:
    """The text from which ``neutralise`` made this cell; any other cell is what it is."""
    return text[1:] if text[:1] == "'" and NEUTRALISED.match(text) else text


@cache
def _known(what: str) -> dict[str, str]:
    found = {}
    for name, label in labels(what).items():
        for language in ("nl", "en"):
            with translation.override(language):
                found[plain(str(label))] = name
        found |= {plain(also): name for also in ALSO[name]}
        found[plain(name)] = name
    return found


@cache
def _words(name: str) -> dict[str, str]:
    return {plain(word): value for word, value in WORDS[name].items()}
