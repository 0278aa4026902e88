"""Run scenarios through the real services without leaving a trace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from cannonworks.commands import OneLineCommand
from cannonworks.errors import BadScenario
from retention.simulation import read_scenario, simulate


class Command(OneLineCommand):
    """Read a scenario, or a list of them, and write what became of each as JSON; bad input changes nothing."""

    help = "Run the scenario in FILE (or a list of scenarios) and write what becomes of the account as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *, file: Path, **options: Any) -> None:
        try:
            raw = json.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise BadScenario(f"{file} cannot be read: {error.strerror}.") from None
        except (ValueError, RecursionError) as error:
            raise BadScenario(f"{file} is not JSON: {error}.") from None
        if isinstance(raw, list):
            scenarios = [read_scenario(one, f"scenario {n}") for n, one in enumerate(raw)]
            result: Any = [simulate(scenario) for scenario in scenarios]
        else:
            result = simulate(read_scenario(raw))
        self.stdout.write(json.dumps(result, indent=2))
