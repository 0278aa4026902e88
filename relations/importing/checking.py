"""What a row of a file says: somebody to take, or what is wrong with it, by the same checks as everywhere else (§19).

No query is asked, and no problem names a value: it says the field and a code, and ``PROBLEMS`` what to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Account
from cannonworks import dutch
from relations.importing import columns as naming
from relations.importing.reading import Row
from relations.models import Employee, What

Problem = tuple[str, str]  # field or "", code

#: What is wrong, and what to do, by the codes of our own checks.
PROBLEMS: Mapping[str, str | Promise] = {
    "bsn": gettext_lazy("This is not a valid BSN. Check the nine digits."),
    "bsn_twice": gettext_lazy("Somebody with this BSN is in your account already, or stands higher in this file."),
    "kvk": gettext_lazy("A KvK number has eight digits. Excel drops a 0 at the front: put it back."),
    "vat": gettext_lazy("This is not a valid Dutch VAT number. It looks like NL123456789B12; check every character."),
    "vat_contains_bsn": gettext_lazy(
        "This is the old VAT number of a sole trader, which contains the BSN. Enter the VAT identification number."
    ),
    "postcode": gettext_lazy("This is no postcode of this country. A Dutch one looks like 1234 AB."),
    "phone": gettext_lazy("This is not a valid phone number. Start a foreign number with + and the country code."),
    "email": gettext_lazy("This is not an e-mail address. It looks like name@example.nl."),
    "max_length": gettext_lazy("This is too long for this field. Make it shorter."),
    "gender": gettext_lazy("Write vrouw, man or anders, or leave it empty."),
    "sole_trader": gettext_lazy("Write ja or nee, or leave it empty."),
    "kind": gettext_lazy("Write medewerker or inhuurkracht, or leave it empty."),
    "country": gettext_lazy("Write the two letters of the country, like NL or BE."),
    "characters": gettext_lazy("There is a character in this that cannot be kept. Type it anew."),
    "cells": gettext_lazy(
        "This row has more cells than there are headings. Put text with a separator in quotation marks."
    ),
    "quotes": gettext_lazy("This row cannot be read: it is too long, or it has a quotation mark too many or too few."),
    "known": gettext_lazy("There already."),
    "frozen": gettext_lazy(
        "This looks like somebody whose data you set aside (restricted). They stay as they are, and are not taken a"
        " second time. Lift the restriction first, or add this row by hand if it is somebody else."
    ),
    "name": gettext_lazy("Give a last name, or the name of a company."),
    "other": gettext_lazy("This cannot be kept. Check it."),
}


@dataclass
class Checked:
    """A row, who it tells of, not saved, and what is wrong. ``bsn`` is in here alone, and never written."""

    row: Row
    person: Any = None
    problems: list[Problem] = field(default_factory=list)
    bsn: str = ""

    @property
    def line(self) -> int:
        return self.row.line


@dataclass(frozen=True)
class Checker:
    """How the rows of one file are checked: of whom it tells, and which field each column is."""

    what: str
    columns: Sequence[str]
    account: Account

    def check(self, rows: Iterable[Row]) -> list[Checked]:
        """Each row that says anything in a column that is a field."""
        return [checked for row in rows if (checked := self._check(row))]

    def _check(self, row: Row) -> Checked | None:
        if row.cells is None:
            return Checked(row, problems=[("", "quotes")])
        said = self.said(row.cells)
        more = any(cell.strip() for cell in row.cells[len(self.columns) :])
        if not said and not more:
            return None
        checked = Checked(row, problems=[("", "cells")] if more else [])
        fields = {name: self._value(name, text, checked) for name, text in said.items()}
        self._clean(checked, fields)
        return checked

    def said(self, cells: Sequence[str]) -> dict[str, str]:
        """What stands in the columns that are fields, as it is read; empty cells left out."""
        tidy = ((name, tidied(cell)) for name, cell in zip(self.columns, cells, strict=False) if name and cell)
        return {name: text for name, text in tidy if text}

    def _value(self, name: str, text: str, checked: Checked) -> Any:
        if "\0" in text:
            checked.problems.append((name, "characters"))
            return ""
        if name not in naming.WORDS:
            return text
        if (meant := naming.word(name, text)) is None:
            checked.problems.append((name, name))
        return {naming.YES: True, naming.NO: False}.get(meant or "", meant or "")

    def _clean(self, checked: Checked, fields: dict[str, Any]) -> None:
        number = fields.pop("bsn", "")
        wrong = {name for name, _code in checked.problems}
        model = What(self.what).model
        fields = {name: value for name, value in fields.items() if name not in wrong}
        person = checked.person = model(account=self.account, **fields)
        self._try(checked, person.clean)
        wrong |= {name for name, _code in checked.problems}
        self._try(checked, lambda: person.clean_fields(exclude=EXCLUDED[self.what] | wrong))
        if number:
            try:
                checked.bsn = dutch.bsn(number)
            except ValidationError:
                checked.problems.append(("bsn", "bsn"))

    @staticmethod
    def _try(checked: Checked, check: Any) -> None:
        try:
            check()
        except ValidationError as error:
            for name, errors in error.error_dict.items():
                checked.problems += [(name, _code(name, each.code or "")) for each in errors]


def seal(people: Iterable[Checked], *, key: AESGCM) -> None:
    """Put the citizen service numbers into their rows, sealed under the account's key and as keyed hashes."""
    sealed: Any = Employee._meta.get_field("bsn")
    for checked in people:
        if checked.bsn:
            sealed.seal_value(checked.person, checked.bsn, key=key)


def told(problems: Iterable[Sequence[str]], what: str) -> list[str]:
    """Problems in the reader's language: the field by its heading, and what to do."""
    labels = naming.labels(what)
    said = []
    for name, code in problems:
        words = str(PROBLEMS.get(code, PROBLEMS["other"]))
        said.append(_("%(field)s: %(words)s") % {"field": labels[name], "words": words} if name in labels else words)
    return said


def tidied(cell: str) -> str:
    """A cell as somebody would type it: without an apostrophe of ours, and white space of every kind as one space."""
    text = naming.restore(cell)
    return " ".join(text.split()) if "\n" in text or "\t" in text or "  " in text else text.strip()


def _code(name: str, code: str) -> str:
    if name == "email" and code == "invalid":
        return "email"
    return code if code in PROBLEMS else "other"


def _excluded(what: What) -> set[str]:
    """Not from a file, and not looked up for every row."""
    fields = {field.name for field in what.model._meta.local_concrete_fields}
    return fields - {*naming.labels(what)} | {"bsn", "bsn_hash"}


EXCLUDED: Mapping[str, set[str]] = {what: _excluded(what) for what in What}
