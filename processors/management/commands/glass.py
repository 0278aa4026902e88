"""``manage.py glass``: emergency access as it is now, and ending it, when the web is down (§10)."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from cannonworks import isolation
from cannonworks.commands import OneLineCommand
from processors import glass
from processors.models import Glass, GlassStage


class Command(OneLineCommand):
    """End what is over, then list every access of which a login is there: one line of JSON each."""

    help = "End emergency access that is over, and list what is open; with --close REFERENCE end that one now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--close", metavar="REFERENCE", help="the first characters will do")

    def handle(self, *, close: str | None, **options: Any) -> None:
        with isolation.acting_as(isolation.JOBS):
            if close:
                self._close(close)
            glass.tend()
            for row in Glass.objects.to_drop().order_by("opened_at"):
                self.stdout.write(json.dumps(self._line(row)))

    def _close(self, beginning: str) -> None:
        found = [row for row in Glass.objects.to_drop() if str(row.reference).startswith(beginning)]
        if len(found) != 1:
            raise CommandError(f"There is no one open access with a reference that begins with {beginning!r}.")
        glass.end(found[0], early=True)

    def _line(self, row: Glass) -> dict[str, object]:
        stage = row.stage(timezone.now())
        return {
            "reference": str(row.reference), "login": row.login, "open": stage == GlassStage.OPEN,
            "ends_at": row.ends_at and row.ends_at.isoformat(),
        }  # fmt: skip
