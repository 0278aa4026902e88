"""Restore a backup: exit 0 only when it is proven and in place."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from backups import losing, restoring, vault
from backups.problems import BackupProblem
from cannonworks.commands import OneLineCommand


class Command(OneLineCommand):
    """Put a backup in the place of the database, closed until nothing is there that should be gone (§14)."""

    help = (
        "Restore a backup into a new database, erase again what the ledger says is gone, prove it, and switch to it."
        " The application is closed meanwhile; the database of before is kept."
    )
    requires_system_checks: list[str] = []  # the database may be gone: that is why this is run

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", help="name of a backup in the vault, or path of a manifest; “newest” is the last one"
        )
        parser.add_argument("--identity", help="file with the secret key of age; default: BACKUP_IDENTITY")
        parser.add_argument("--json", action="store_true", dest="as_json", help="as JSON, for other tools")

    def handle(self, *, file: str, identity: str | None, as_json: bool, **options: Any) -> None:
        tell = (lambda line: None) if as_json else self.stdout.write
        try:
            name, elsewhere = _where(file)
            with elsewhere:
                done = restoring.restore(name, identity=identity, at=timezone.now(), tell=tell)
        except BackupProblem as error:
            raise CommandError(f"nothing was changed: {error}") from error
        if as_json:
            self.stdout.write(json.dumps(asdict(done), indent=2))
            return
        for line in losing.in_words(done.lost):
            self.stdout.write(line)
        for what, count in {
            **done.replay["ended"],
            **{f"waiting {k}": n for k, n in done.replay["mails"].items()},
        }.items():
            if count:
                self.stdout.write(f"  {count} {what} ended or left unsent")
        if done.kept_as:
            self.stdout.write(f'The database of before is kept, closed. To drop it: DROP DATABASE "{done.kept_as}";')


def _where(file: str) -> tuple[str, Any]:
    """The name of the backup, and the vault that it lies in."""
    if file == "newest":
        newest = vault.newest()
        if newest is None:
            raise BackupProblem("missing", "There is no backup.")
        return newest, nullcontext()
    path = Path(file)
    if path.name == vault.MANIFEST and path.is_file():
        folder = path.resolve().parent
        return folder.name, vault.elsewhere(folder.parent)
    return file, nullcontext()
