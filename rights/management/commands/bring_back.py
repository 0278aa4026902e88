"""Take the archive of a return of data into a fresh account."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser

from accounts.models import Account
from cannonworks.commands import OneLineCommand
from rights.bringing_back import bring_back


class Command(OneLineCommand):
    """Bring returned data back (§6); exit 0 only when all of it is in."""

    help = "Take relations, employees and documents out of the archive of a return of data into a fresh account."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the archive, a ZIP file")
        parser.add_argument("--account", required=True, help="the reference of the account, which has no such data yet")

    def handle(self, *, file: Path, account: str, **options: Any) -> None:
        try:
            found = Account.objects.get(reference=account)
        except (Account.DoesNotExist, ValidationError) as error:
            raise CommandError(f"There is no account with the reference {account!r}.") from error
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        self.stdout.write(json.dumps(bring_back(found, archive=file)))
