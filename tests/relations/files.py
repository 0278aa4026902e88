"""Files with people, as somebody would upload them."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import Account
from relations import imports
from relations.models import Import, What


def uploaded(text: str | bytes, name: str = "klanten.csv") -> SimpleUploadedFile:
    """A file of an upload with this text."""
    return SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text, "text/csv")


def many(count: int, *, start: int = 1) -> str:
    """Headings, and so many different people."""
    rows = (
        f"Bedrijf {n};Noor;van;Visser{n};noor{n}@relatie.example;050 1234567;Markt;{n};7941 AA;Meppel;{n + 10_000_000}\r\n"
        for n in range(start, start + count)
    )
    return (
        "Bedrijfsnaam;Voornaam;Tussenvoegsel;Achternaam;E-mail;Telefoon;Straat;Huisnummer;Postcode;Plaats;KvK\r\n"
        + "".join(rows)
    )


def draft(account: Account, text: str | bytes, *, what: str = What.RELATIONS) -> Import:
    """The file, uploaded by the main user."""
    return imports.upload(account, actor=account.main_user, what=what, file=uploaded(text), at=timezone.now())


def begun(account: Account, text: str | bytes, *, what: str = What.RELATIONS, takes_known: bool = False) -> Import:
    """The same, started with the columns that were recognised; nobody has taken anything in yet."""
    found = draft(account, text, what=what)
    return imports.start(
        found, actor=account.main_user, columns=found.columns, takes_known=takes_known, at=timezone.now()
    )


def taken_in(account: Account, text: str | bytes, *, what: str = What.RELATIONS, takes_known: bool = False) -> Import:
    """The same, to its end."""
    found = begun(account, text, what=what, takes_known=takes_known)
    imports.run(found.pk)
    found.refresh_from_db()
    return found
