"""Print the data map: every model and field, whose it is, in which category, by which clause, and who may see it."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser
from rich.console import Console
from rich.table import Table

from cannonworks import datamap
from cannonworks.commands import OneLineCommand
from cannonworks.datamap import Entry


class Command(OneLineCommand):
    """Every declared model with its fields; ``--json`` for other tools."""

    help = "Print the data map: every model and field with its category, subject, clause and who may see it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="as JSON, for other tools")

    def handle(self, *, json: bool, **options: Any) -> None:
        described = [describe(entry) for entry in sorted(datamap.entries(), key=lambda e: e.model._meta.label)]
        if json:
            self.stdout.write(_as_json(described))
        else:
            console = Console()
            (console if console.is_terminal else Console(width=160)).print(_table(described))


def describe(entry: Entry) -> dict[str, Any]:
    """One model of the data map as plain JSON."""
    return {
        "model": entry.model._meta.label,
        "table": entry.table,
        "category": entry.category.value if entry.category else None,
        "subject": entry.subject.value,
        "why_outside": str(entry.why),
        "fields": [
            {
                "name": field.name,
                "personal": field.name in entry.personal,
                "encrypted": entry.personal[field.name].encrypted if field.name in entry.personal else False,
                "clause": entry.personal[field.name].clause if field.name in entry.personal else None,
                "seen_by": entry.seen_by(field.name),
            }
            for field in entry.model._meta.local_concrete_fields
        ],
    }


def _as_json(described: list[dict[str, Any]]) -> str:
    return json.dumps(described, indent=2)


def _table(described: list[dict[str, Any]]) -> Table:
    table = Table("Model", "Category", "Subject", "Field", "Clause", "Seen by", title="Data map")
    for model in described:
        for n, field in enumerate(model["fields"]):
            head = (model["model"], model["category"] or "—", model["subject"]) if n == 0 else ("", "", "")
            name = f"{field['name']} (encrypted)" if field["encrypted"] else field["name"]
            table.add_row(*head, name, field["clause"] or "", ", ".join(field["seen_by"]), end_section=False)
        table.add_section()
    return table
