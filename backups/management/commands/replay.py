"""Lay the ledger beside a restored database: exit 0 only when nothing is there that should be gone."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from backups import replaying
from cannonworks.commands import OneLineCommand
from retention.ledger import BrokenLedger


class Command(OneLineCommand):
    """Erase again what the ledger says is gone, and prove it (§14): for ``restore``, and for who recovered from WAL."""

    help = "Bring a restored database to what the erasure ledger says, and prove it; exit 0 only when it is proven."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json", help="as JSON, for other tools")

    def handle(self, *, as_json: bool, **options: Any) -> None:
        try:
            done = replaying.replay_as_owner(at=timezone.now())
        except (replaying.NotProven, BrokenLedger) as error:
            raise CommandError(f"not proven: {error}") from error
        if as_json:
            self.stdout.write(json.dumps(done.as_dict()))
            return
        self.stdout.write(
            f"Proven: {done.lines} lines of the ledger; {done.accounts} erasures and {done.people} people done again;"
            f" {done.journal_entries} journal entries."
        )
