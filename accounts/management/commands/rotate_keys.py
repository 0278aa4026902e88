"""Bring every data key and every lookup hash under the current keys, and prove it."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser

from accounts.keys import rotate_keys
from cannonworks.commands import OneLineCommand


class Command(OneLineCommand):
    """Rotate keys (§7); exit 0 only when nothing is left under another key and every data key opens."""

    help = "Wrap every data key and hash every looked-up value anew under the current keys, and prove it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="as JSON, for other tools")

    def handle(self, *, json: bool, **options: Any) -> None:
        done = rotate_keys()
        if json:
            self.stdout.write(_as_json(done.as_dict()))
            return
        self.stdout.write(f"{done.rewrapped} data keys wrapped anew; all {done.opened} open under {done.key!r}.")
        self.stdout.write(f"{done.resealed} second factors sealed anew; all {done.factors} are under {done.key!r}.")
        self.stdout.write(f"{done.rehashed} values hashed anew; all {done.hashes} are under {done.lookup_key!r}.")
        self.stdout.write(f"{done.papers_rewrapped} papers wrapped anew; all {done.papers} open under {done.key!r}.")
        if done.opt_outs:
            self.stdout.write(f"{done.opt_outs} opt-outs from the newsletter need an earlier lookup key: keep it.")


def _as_json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2)
