"""Print who may do what with which table, as the database itself grants it, and prove that it is what was declared."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from cannonworks import grants
from cannonworks.commands import OneLineCommand
from cannonworks.datamap import Role
from cannonworks.grants import Right


class Command(OneLineCommand):
    """Role × table × columns × verbs × rows; exit 1 when the database grants anything that the data map does not."""

    help = "Print what each database role may do with each table, and check it against the data map."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="as JSON, for other tools")
        parser.add_argument("--markdown", action="store_true", help="as the table of docs/security.md")

    def handle(self, *, json: bool, markdown: bool, **options: Any) -> None:
        rights = grants.granted()
        if json:
            self.stdout.write(_as_json(rights))
        elif markdown:
            self.stdout.write(as_markdown(grants.expected()))
        else:
            _as_table(rights)
        if wrong := grants.deviations():
            raise CommandError(f"not as the data map says; run manage.py migrate: {'; '.join(wrong)}")


def as_markdown(rights: list[Right]) -> str:
    """The matrix as a table: a line for each table, a column for each role."""
    roles = [role.value for role in Role if role != Role.JOBS]
    lines = [f"| table | {' | '.join(roles)} |", f"|---|{'---|' * len(roles)}"]
    by_place = {(right.table, right.role): right for right in rights}
    for table in sorted({right.table for right in rights}):
        cells = [_cell(by_place.get((table, role)), by_place[table, Role.JOBS]) for role in roles]
        lines.append(f"| `{table}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(right: Right | None, whole: Right) -> str:
    if right is None:
        return "–"
    hidden = sorted(set(whole.columns) - set(right.columns)) if "SELECT" in right.verbs else []
    few = len(right.columns) < len(hidden)
    narrowed = f" only {', '.join(right.columns)}" if few else f" without {', '.join(hidden)}" if hidden else ""
    return " ".join(verb.lower() + (narrowed if verb == "SELECT" else "") for verb in right.verbs)


def _as_json(rights: list[Right]) -> str:
    return json.dumps([right._asdict() for right in rights], indent=2)


def _as_table(rights: list[Right]) -> None:
    console = Console()
    table = Table("Role", "Table", "Verbs", "Columns read", "Rows", title="Grants")
    for right in rights:
        table.add_row(right.role, right.table, " ".join(right.verbs), ", ".join(right.columns), right.rows)
    (console if console.is_terminal else Console(width=200)).print(table)
