"""Make a backup now, and print its name once it is proven."""

from __future__ import annotations

import json as encoding
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from backups import copies, expiring, making
from backups.problems import BackupProblem
from cannonworks.commands import OneLineCommand


class Command(OneLineCommand):
    """Exit 0 only when all of the backup was read back and the ledger is proven by its copies."""

    help = "Back up the database, the wrapped keys and the files of accounts, encrypted, and print the backup's name."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="what it is, for other tools")

    def handle(self, *, json: bool, **options: Any) -> None:
        at = timezone.now()
        try:
            made = making.back_up(at=at)
        except BackupProblem as problem:
            raise CommandError(problem.message) from problem
        if not copies.prove_and_tell(at=at):
            raise CommandError(f"{made.name} was made, and the erasure ledger is not as its copies are: see the alarm.")
        if not json:
            self.stdout.write(made.name)
            return
        facts = {"name": made.name, "made_at": made.made_at, "expires_on": f"{expiring.expires_on(made.name)}"}
        facts |= {"size": made.size, "files": made.files, "rows": sum(made.rows.values())}  # type: ignore[dict-item]
        self.stdout.write(encoding.dumps(facts))
