"""Try the newest backup: exit 0 only when it is proven."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from backups import drilling
from backups.models import Result
from cannonworks import isolation
from cannonworks.commands import OneLineCommand


class Command(OneLineCommand):
    """Restore the newest backup into a scratch database, prove it, and remove it again (§14)."""

    help = "Restore the newest backup on trial, prove it, and remove it again; exit 0 only when it is proven."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--identity", help="file with the secret key of age; default: BACKUP_IDENTITY")
        parser.add_argument("--json", action="store_true", dest="as_json", help="as JSON, for other tools")

    def handle(self, *, identity: str | None, as_json: bool, **options: Any) -> None:
        with isolation.acting_as(isolation.JOBS):
            done = drilling.drill(at=timezone.now(), identity=identity)
        told = {name: getattr(done, name) for name in ("backup", "result", "problem", "seconds", "counts")}
        if as_json:
            self.stdout.write(json.dumps(told, indent=2))
        if done.result != Result.PROVEN:
            raise CommandError(f"{done.result}: {done.problem}")
        if not as_json:
            seconds = ", ".join(f"{step} {took:.1f} s" for step, took in done.seconds.items())
            self.stdout.write(f"Proven: {done.backup}, {done.counts['rows']} rows ({seconds}).")
