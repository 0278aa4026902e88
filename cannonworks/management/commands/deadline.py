"""``manage.py deadline KIND START…``: when something is due, and why."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError, no_translations

from cannonworks import deadlines
from cannonworks.commands import OneLineCommand


class Command(OneLineCommand):
    help = "Compute a deadline of the agreement for each START; write one line of JSON for each."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        names = ", ".join(kind.name for kind in deadlines.KINDS)
        parser.add_argument("kind", metavar="KIND", help=f"one of {names}")
        parser.add_argument(
            "starts", metavar="START", nargs="+", help="ISO 8601 with an offset: 2026-04-02T17:00+02:00"
        )

    @no_translations
    def handle(self, *args: Any, kind: str, starts: list[str], **options: Any) -> None:
        try:
            wanted = deadlines.kind_named(kind)
        except ValueError as error:
            raise CommandError(f"{kind!r}: {error}") from None
        # All are computed before the first is written: a bad START leaves nothing on stdout.
        for line in [_line(wanted, start) for start in starts]:
            self.stdout.write(line)


def _line(kind: deadlines.Kind, start: str) -> str:
    """One deadline as JSON; ``start`` is repeated as it was given."""
    deadline = _compute(kind, start)
    return json.dumps(
        {
            "kind": kind.name,
            "clause": deadline.clause,
            "start": start,
            "due_at": deadline.due_at.isoformat(),
            "calendar": deadline.calendar,
            "excluded": [{"date": on.isoformat(), "why": why} for on, why in deadline.excluded],
        }
    )


def _compute(kind: deadlines.Kind, start: str) -> deadlines.Deadline:
    try:
        at = datetime.fromisoformat(start)
    except ValueError:
        raise CommandError(
            f"{start!r} is not a moment in ISO 8601 with an offset, such as 2026-04-02T17:00+02:00."
        ) from None
    try:
        return deadlines.compute(kind, at)
    except ValueError as error:
        raise CommandError(f"{start!r}: {error}") from None
