"""Verify the journal: exit 0 only when all of it is proven."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError, CommandParser

from cannonworks.commands import OneLineCommand
from retention import evidence


class Command(OneLineCommand):
    """Compute every batch of the journal again (§7); one line and exit 1 at the first that is broken."""

    help = "Prove that no entry of the journal was changed, removed, inserted or moved; exit 0 only when it is proven."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json", help="as JSON, for other tools")

    def handle(self, *, as_json: bool, **options: Any) -> None:
        begun = time.monotonic()
        report = evidence.verify()
        if as_json:
            told = {"proven": report.proven, **asdict(report), "seconds": round(time.monotonic() - begun, 3)}
            self.stdout.write(json.dumps(told, indent=2))
        if report.broken:
            raise CommandError(f"not proven: {report.broken.text}")
        if not as_json:
            self.stdout.write(
                f"Proven: {report.entries} entries in {report.batches} batches, {report.expired} of them expired"
                f" lawfully; {report.unsealed} wait for their batch."
            )
