"""One sweep, now: what is kept, warned and erased, and why."""

from __future__ import annotations

import json
from argparse import ArgumentTypeError
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from cannonworks.commands import OneLineCommand
from retention import report
from retention.sweep import dry_run, sweep


class Command(OneLineCommand):
    """Apply the retention windows once, for today or another day, or only say what would happen."""

    help = "Run one sweep: let trials lapse, plan warnings, erase what is due, and tell what happened and why."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as-of", type=_day, metavar="DATE", help="as on this Amsterdam day, like 2028-02-28")
        parser.add_argument("--dry-run", action="store_true", help="change nothing; list what would go and why")
        parser.add_argument("--json", action="store_true", help="as JSON, for other tools")

    def handle(self, *, as_of: date | None, dry_run: bool, json: bool, **options: Any) -> None:
        at = timezone.now()
        on = as_of or timezone.localdate(at)
        if on > timezone.localdate(at) and not dry_run and not settings.EMBEDDED:
            raise CommandError("a day that has not come yet erases nothing in production; use --dry-run.")
        if dry_run:
            self._tell_dry_run(on, json)
            return
        before = report.marks()
        if json:
            outcome = sweep(on=on, at=at)
            self.stdout.write(_as_json({**outcome.as_dict(), "accounts": report.as_dicts(before)}))
            return
        with report.progress() as step:
            outcome = sweep(on=on, at=at, progress=step)
        report.print_outcome(outcome, before)

    def _tell_dry_run(self, on: date, as_json: bool) -> None:
        items = dry_run(on=on)
        if as_json:
            described = [item.as_dict() for item in items]
            self.stdout.write(_as_json({"on": on.isoformat(), "dry_run": True, "accounts": described}))
        else:
            report.print_dry_run(on, items)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a day like 2028-02-28") from None


def _as_json(value: Any) -> str:
    return json.dumps(value, indent=2)
