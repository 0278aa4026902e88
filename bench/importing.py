"""A file with people through the real service, as a worker does it, beside a bare COPY of the same rows."""

from __future__ import annotations

import os
import re
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench.data import ON

HEADINGS = "Bedrijfsnaam;Voornaam;Tussenvoegsel;Achternaam;E-mail;Telefoon;Straat;Huisnummer;Postcode;Plaats;KvK"
COMPANY = {
    "company_name": "Bedrijf", "kvk_number": "12345678", "email": "info@holder.example", "street": "Brink",
    "house_number": "1", "postcode": "9401 HS", "city": "Assen",
}  # fmt: skip
USER = {"email": "anna@holder.example", "password": "x", "first_name": "Anna", "last_name": "Kuiper"}


def people(rows: str) -> dict[str, Any]:
    """Take in a file with so many different relations: seconds, rows added, and memory over idle in MiB."""
    from relations import imports

    found = _uploaded(int(rows))
    idle = _memory("VmRSS")
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    begun = time.monotonic()
    imports.run(found.pk)
    ended = time.monotonic()
    mib = _memory("VmHWM") - idle
    found.refresh_from_db()
    if (found.state, found.added) != ("done", int(rows)):
        raise AssertionError(f"{found.state} {found.why}: {found.added} added")
    return {"begun": begun, "ended": ended, "mib": mib}


def copied(rows: str) -> dict[str, Any]:
    """The same people, ready made, by one COPY as the owner of the table, past row security; seconds."""
    from django.db import connection, transaction

    from cannonworks import isolation
    from relations import imports
    from relations.models import Relation

    found = _uploaded(int(rows))
    imports.run(found.pk)
    table = Relation._meta.db_table
    names = ", ".join(
        f'"{field.column}"' for field in Relation._meta.local_concrete_fields
        if not field.primary_key and not getattr(field, "generated", False)
    )  # fmt: skip
    with isolation.as_owner(), connection.cursor() as cursor:
        with cursor.copy(f"COPY {table} ({names}) TO STDOUT") as copy:
            made = b"".join(bytes(piece) for piece in copy)
        cursor.execute(f"TRUNCATE {table} CASCADE")
        begun = time.monotonic()
        with transaction.atomic(), cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            copy.write(made)
        ended = time.monotonic()
    return {"begun": begun, "ended": ended}


def _uploaded(rows: int) -> Any:
    from django.conf import settings
    from django.core.files.base import File
    from django.utils import timezone

    from accounts.services import sign_up
    from cannonworks import storage
    from relations import imports

    settings.FILES_DIR = tempfile.mkdtemp(dir=os.environ["LEDGER_DIR"])
    storage.prepare()
    imports._send = lambda pk: None  # type: ignore[assignment]  # nobody else takes it in
    account = sign_up(company=COMPANY, main_user=USER, on=ON)
    with tempfile.TemporaryFile() as file:
        file.write(HEADINGS.encode() + b"\r\n")
        for n in range(1, rows + 1):
            file.write(
                f"Jansen & Zoon {n};Noor;van;Visser{n};noor{n}@relation.example;050 1234567;Markt;{n};7941 AA;Meppel;"
                f"{n:08}\r\n".encode()
            )
        upload = File(file, name="x")
        return imports.bring_in(
            account, actor=account.main_user, what="relations", file=upload, takes_known=False, at=timezone.now()
        )


def _memory(name: str) -> float:
    return int(re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024  # type: ignore[index]
